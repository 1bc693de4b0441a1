/** The structure of a page, by a parser that follows the HTML standard. */
import { type DefaultTreeAdapterTypes, parse } from 'parse5'

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element

const isElement = (node: Node): node is Element => 'tagName' in node

function elementsOf(node: Node): readonly Element[] {
  const inside = 'childNodes' in node ? node.childNodes.flatMap(elementsOf) : []
  return isElement(node) ? [node, ...inside] : inside
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((own) => own.name === name)?.value
}

export function textOf(node: Node): string {
  if ('value' in node) return node.value
  if (isElement(node) && ['style', 'script'].includes(node.tagName)) return ''
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}

export interface ParsedPage {
  readonly elements: readonly Element[]
  readonly text: string
  all(tag: string): readonly Element[]
}

export function parsePage(html: string): ParsedPage {
  const document = parse(html)
  const elements = elementsOf(document)
  return {
    elements,
    text: elements
      .filter(({ tagName }) => tagName === 'main')
      .map(textOf)
      .join('\n'),
    all: (tag) => elements.filter(({ tagName }) => tagName === tag),
  }
}

/** Attributes with which a page asks for something outside of it. */
const loading = ['src', 'href', 'action', 'data', 'poster', 'srcset', 'xlink:href']

/** What is wrong with a page: nesting, ids, labels, tables, addresses outside of it, size. */
export function pageFaults(html: string): readonly string[] {
  const faults: string[] = []
  parse(html, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine, startCol }) => faults.push(`${code} at ${startLine}:${startCol}`),
  })
  const { elements, all } = parsePage(html)
  const ids = elements.flatMap((element) => attribute(element, 'id') ?? [])
  const known = new Set(ids)
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`the id ${id} is there twice`)
  for (const element of elements) {
    const { tagName } = element
    for (const name of loading) {
      const value = attribute(element, name)
      if (value === undefined || value.startsWith('data:image/')) continue
      if (!(value.startsWith('#') && known.has(value.slice(1))))
        faults.push(`${tagName} ${name}="${value.slice(0, 60)}"`)
    }
    for (const name of ['for', 'aria-labelledby', 'aria-controls'] as const) {
      const id = attribute(element, name)
      if (id !== undefined && !known.has(id)) faults.push(`${tagName} ${name} leads nowhere: ${id}`)
    }
    if (attribute(element, 'style')?.includes('url(') || /^on/.test(element.attrs.map(({ name }) => name).join(' ')))
      faults.push(`${tagName} loads or runs something`)
  }
  for (const table of all('table')) {
    const inside = elementsOf(table)
    if (!inside.some(({ tagName }) => tagName === 'caption')) faults.push('a table has no caption')
    const open = inside.filter((element) => element.tagName === 'th' && attribute(element, 'scope') === undefined)
    if (open.length > 0) faults.push('a heading of a table has no scope')
  }
  for (const image of all('img')) if (attribute(image, 'alt') === undefined) faults.push('a picture has no text')
  for (const details of all('details'))
    if (elementsOf(details)[1]?.tagName !== 'summary') faults.push('details without a summary')
  const levels = elements.flatMap(({ tagName }) => (/^h[1-6]$/.test(tagName) ? [Number(tagName.slice(1))] : []))
  levels.forEach((level, i) => {
    if (level > (levels[i - 1] ?? 0) + 1)
      faults.push(`a heading of level ${level} follows one of level ${levels[i - 1] ?? 0}`)
  })
  if (all('main').length !== 1) faults.push('there is not one main part')
  if (/@import|url\(/.test(html)) faults.push('a style sheet loads something')
  if (Buffer.byteLength(html) >= 2e6) faults.push(`${Buffer.byteLength(html)} bytes`)
  return faults
}
