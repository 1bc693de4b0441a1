/** A whole page in one file: nothing is loaded, and everything can be reached with the keyboard. */
import { type Child, element, empty, escapeHtml, type Html } from './html.ts'
import { script } from './script.ts'
import { stylesheet } from './style.ts'

export interface Section {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly body: Child
}

export interface Page {
  readonly title: string
  /** Below the title. */
  readonly subtitle: Child
  readonly sections: readonly Section[]
  /** What made the page, in its last line. */
  readonly maker: string
}

/** The browser itself refuses whatever is not in the page. */
const policy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"

const themes = [
  { id: 'theme-system', name: 'system' },
  { id: 'theme-light', name: 'light' },
  { id: 'theme-dark', name: 'dark' },
] as const

function themeSwitch(): Html {
  return element(
    'fieldset',
    { class: 'theme' },
    element('legend', {}, 'Colors'),
    themes.map(({ id, name }, i) =>
      element('label', { for: id }, empty('input', { type: 'radio', name: 'theme', id, checked: i === 0 }), ` ${name}`),
    ),
  )
}

/** The text of the file. */
export function pageText({ title, subtitle, sections, maker }: Page): string {
  const contents = element(
    'nav',
    { 'aria-label': 'Contents' },
    element(
      'ul',
      {},
      sections.map(({ id, title: name }) => element('li', {}, element('a', { href: `#${id}` }, name))),
    ),
  )
  const main = element(
    'main',
    { id: 'main' },
    sections.map(({ id, title: name, body }) =>
      element('section', { id, 'aria-labelledby': `${id}-title` }, element('h2', { id: `${id}-title` }, name), body),
    ),
  )
  const body = element(
    'div',
    { class: 'frame' },
    element(
      'header',
      {},
      element('div', {}, element('h1', {}, title), element('div', { class: 'sub' }, subtitle)),
      themeSwitch(),
    ),
    element('div', { class: 'split' }, contents, main),
    element('footer', {}, element('p', {}, maker)),
  )
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style>
${stylesheet}
</style>
</head>
<body>
${element('a', { class: 'skip', href: '#main' }, 'Skip to the contents').html}
${body.html}
<script>
${script}
</script>
</body>
</html>
`
}
