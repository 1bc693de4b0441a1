/**
 * HTML as values. Text and attributes are escaped here and nowhere else, and the types allow no address outside of the page: a page
 * that is built from these functions is well formed and loads nothing.
 */

/** Markup that is known to be well formed. */
export interface Html {
  readonly html: string
}

/** What an element contains: texts are escaped, missing things are left out. */
export type Child = Html | string | undefined | readonly Child[]

interface Attributes {
  readonly id?: string
  readonly class?: string
  readonly title?: string
  readonly role?: string
  readonly lang?: string
  readonly tabindex?: 0
  readonly style?: string
  readonly scope?: 'col' | 'row'
  readonly colspan?: number
  readonly open?: boolean
  readonly hidden?: boolean
  /** A place on the page: nothing else can be linked. */
  readonly href?: `#${string}`
  /** A picture inside of the page. */
  readonly src?: `data:image/${string}`
  readonly alt?: string
  readonly width?: number
  readonly height?: number
  readonly type?: 'radio' | 'button' | 'search'
  readonly name?: string
  readonly checked?: boolean
  readonly for?: string
  readonly [data: `data-${string}` | `aria-${string}`]: string | undefined
}

const containers = [
  ...(['a', 'abbr', 'article', 'button', 'caption', 'code', 'dd', 'details', 'div', 'dl', 'dt', 'em'] as const),
  ...(['fieldset', 'figcaption', 'figure', 'footer', 'h1', 'h2', 'h3', 'h4', 'header', 'label', 'legend'] as const),
  ...(['li', 'main', 'nav', 'ol', 'p', 'pre', 'section', 'span', 'strong', 'summary', 'table', 'tbody'] as const),
  ...(['td', 'th', 'thead', 'tr', 'ul'] as const),
] as const
type Container = (typeof containers)[number]

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text for any place in HTML; characters that no page may contain become U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replace(/(?![\t\n])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign)
}

function attributeText(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => {
      if (value === undefined || value === false) return ''
      return value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`
    })
    .join('')
}

function childText(child: Child): string {
  if (child === undefined) return ''
  if (typeof child === 'string') return escapeHtml(child)
  return 'html' in child ? child.html : child.map(childText).join('')
}

/** An element with its children. */
export function element(tag: Container, attributes: Attributes, ...children: readonly Child[]): Html {
  return { html: `<${tag}${attributeText(attributes)}>${childText(children)}</${tag}>` }
}

/** An element that has no children. */
export function empty(tag: 'br' | 'img' | 'input', attributes: Attributes): Html {
  return { html: `<${tag}${attributeText(attributes)}>` }
}

/** Several things one after the other. */
export function joined(...children: readonly Child[]): Html {
  return { html: childText(children) }
}

/** Markup of arcc's own, such as a chart; never text from a file. */
export function markup(html: string): Html {
  return { html }
}

/** The blank between a number and its unit, at which a line must not be broken. */
const beforeUnit = /(?<=\d) (?=(?:%|[KMGTP]?i?B|[mµ]?s)(?!\p{L}))/gu

/** A paragraph of sentences. */
export function paragraph(...children: readonly Child[]): Html {
  const kept = children.map((child) => (typeof child === 'string' ? child.replace(beforeUnit, '\u00a0') : child))
  return element('p', {}, ...kept)
}

/** A sentence that says what is missing, and how to get it. */
export function missingNote(...children: readonly Child[]): Html {
  return element('p', { class: 'missing' }, ...children)
}

export function code(text: string): Html {
  return element('code', {}, text)
}
