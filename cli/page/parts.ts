/** Parts of pages: tables, facts, stacked bars, trees. */
import { type Child, element, type Html } from './html.ts'
import { colorOf } from './style.ts'

export interface DataColumn {
  readonly title: string
  /** `number` is aligned to the right; `wide` may be broken anywhere; `head` names its row. */
  readonly kind?: 'number' | 'wide' | 'head'
}

export interface DataTable {
  readonly caption: string
  readonly columns: readonly DataColumn[]
  readonly rows: readonly (readonly Child[])[]
}

const classOf = (kind: DataColumn['kind']) =>
  kind === 'number' ? { class: 'num' } : kind === 'wide' ? { class: 'wide' } : {}

/** A table that scrolls by itself, also with the keyboard, where it is wider than the page. */
export function dataTable({ caption, columns, rows }: DataTable): Html {
  const head = columns.map(({ title, kind }) => element('th', { scope: 'col', ...classOf(kind) }, title))
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      row.map((cell, i) => {
        const kind = columns[i]?.kind
        return kind === 'head' ? element('th', { scope: 'row' }, cell) : element('td', classOf(kind), cell)
      }),
    ),
  )
  const table = element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, head)),
    element('tbody', {}, body),
  )
  return element('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 }, table)
}

export interface Fact {
  readonly name: string
  readonly value: Child
  /** Below the value, in smaller type. */
  readonly detail?: Child
}

/** Names and values as tiles. */
export function factList(facts: readonly Fact[]): Html {
  return element(
    'dl',
    { class: 'facts' },
    facts.map(({ name, value, detail }) =>
      element(
        'div',
        {},
        element('dt', {}, name),
        element('dd', {}, value, detail === undefined ? undefined : element('span', { class: 'quiet' }, detail)),
      ),
    ),
  )
}

export interface BarPart {
  readonly name: string
  readonly amount: number
  readonly text: string
  /** Number of the color. */
  readonly color: number
}

export interface StackedBar {
  readonly name: string
  readonly figure: Child
  readonly parts: readonly BarPart[]
  /** The amount at which a dashed line is drawn. */
  readonly limit?: number
}

/** Bars of parts on one scale, from 0 to the largest sum or limit. The figures are in their titles and belong in a table, too. */
export function stackedBars(bars: readonly StackedBar[], label: string): Html {
  const sum = (parts: readonly BarPart[]) => parts.reduce((total, { amount }) => total + amount, 0)
  const most = Math.max(1e-300, ...bars.map(({ parts, limit = 0 }) => Math.max(sum(parts), limit)))
  // A sum of a damaged plan may exceed all numbers.
  const percent = (amount: number) => `${Number((100 * (amount / most || 0)).toFixed(3))}%`
  return element(
    'div',
    { class: 'bars', role: 'group', 'aria-label': label },
    bars.map(({ name, figure, parts, limit }) =>
      element(
        'div',
        { class: 'bar-row' },
        element('span', {}, name),
        element(
          'span',
          {
            class: 'bar',
            role: 'img',
            'aria-label': `${name}: ${parts.map((part) => `${part.name} ${part.text}`).join(', ')}`,
          },
          parts.map((part) =>
            element('span', {
              class: 'bar-part',
              title: `${part.name}: ${part.text}`,
              style: `width:${percent(part.amount)};background:${colorOf(part.color)}`,
            }),
          ),
          limit === undefined || limit >= most
            ? undefined
            : element('span', { class: 'limit', style: `left:${percent(limit)}` }),
        ),
        element('span', { class: 'figure' }, figure),
      ),
    ),
  )
}

/** What the colors of bars mean. */
export function legend(names: readonly { readonly name: string; readonly color: number }[]): Html {
  return element(
    'ul',
    { class: 'legend' },
    names.map(({ name, color }) =>
      element('li', {}, element('span', { class: 'swatch', style: `background:${colorOf(color)}` }), name),
    ),
  )
}

/** A text with at most so many characters. */
export function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** A part that is closed at first. */
export function closed(summary: Child, ...children: readonly Child[]): Html {
  return element('details', {}, element('summary', {}, summary), element('div', { class: 'inner' }, ...children))
}

/** Buttons and a search field for the tree with an id; the script shows them. */
export function treeTools(tree: string, label: string): Html {
  const search = `${tree}-search`
  return element(
    'div',
    { class: 'tools', hidden: true, 'data-tree': tree },
    element('button', { type: 'button', 'data-do': 'open' }, 'Open all'),
    element('button', { type: 'button', 'data-do': 'close' }, 'Close all'),
    element('label', { for: search }, label),
    { html: `<input type="search" id="${search}" name="${search}">` },
    element('span', { role: 'status', class: 'quiet' }),
  )
}
