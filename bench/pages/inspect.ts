/** Expressions that look for faults in a page, evaluated in the browser. */

/** Things that are wider than the window and do not lie in a part that scrolls by itself; texts that are cut off. */
export const overflowScript = `(() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' pixels wide'] : []
  const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + (e.className && e.className.baseVal === undefined ? '.' + e.className : '')
  const scrolls = (e) => e !== null && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect()
    if (box.width === 0 || box.right <= innerWidth + 1 || e.closest('svg') !== null && e.tagName !== 'svg') continue
    if (!scrolls(e.parentElement) && !scrolls(e)) wide.push(name(e) + ' ends at ' + Math.round(box.right))
  }
  for (const svg of document.querySelectorAll('figure svg')) {
    const frame = svg.getBoundingClientRect()
    if (frame.width === 0) continue
    const texts = [...svg.querySelectorAll('text')].map((text) => ({ text, box: text.getBoundingClientRect() }))
    for (const { text, box } of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        wide.push('a text of a chart leaves it: ' + text.textContent)
      if (box.height > 0 && box.height < 9 && box.width > box.height) wide.push('a text of a chart is ' + box.height.toFixed(1) + ' pixels high')
    }
    for (const [i, a] of texts.entries()) for (const b of texts.slice(i + 1)) {
      const w = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
      const h = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
      if (w > 2 && h > 4) wide.push('texts of a chart overlap: ' + a.text.textContent + ' | ' + b.text.textContent)
    }
  }
  return wide
})()`

/** Texts with less contrast than WCAG 2.2 (AA) asks for: 4.5. */
export const contrastScript = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
  const behind = (e) => {
    for (let at = e; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.length === 3 || color[3] === 1) return color
    }
    return [255, 255, 255]
  }
  const faults = new Set()
  for (const e of document.body.querySelectorAll('*')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== '')
    if (!own || e.tagName === 'TITLE' || e.tagName === 'STYLE' || e.tagName === 'SCRIPT' || e.getBoundingClientRect().width === 0) continue
    const style = getComputedStyle(e)
    const svg = e.closest('svg') !== null
    const [a, b] = [light(parse(svg ? style.fill : style.color)), light(behind(e))].sort((x, y) => y - x)
    const contrast = (a + 0.05) / (b + 0.05)
    if (contrast < 4.5) faults.add('contrast ' + contrast.toFixed(2) + ' of ' + e.tagName.toLowerCase() + '.' + (e.getAttribute('class') ?? '') + ' ' + e.textContent.trim().slice(0, 30))
  }
  return [...faults]
})()`

/** What does not do what it should: the choice of colors, the search in a tree, opening all of its parts. */
export const behaviorScript = `(() => {
  const faults = []
  const page = () => getComputedStyle(document.body).backgroundColor
  const choose = (id) => document.getElementById(id).click()
  choose('theme-dark')
  const dark = page()
  choose('theme-light')
  if (page() === dark) faults.push('the choice of colors changes nothing')
  choose('theme-system')
  if (page() !== (matchMedia('(prefers-color-scheme: dark)').matches ? dark : 'rgb(255, 255, 255)')) faults.push('the colors are not those of the system')
  for (const tools of document.querySelectorAll('.tools')) {
    const tree = document.getElementById(tools.dataset.tree)
    const parts = [...tree.querySelectorAll('details')]
    tools.querySelector('[data-do=open]').click()
    if (!parts.every((part) => part.open)) faults.push('not all parts of the tree open')
    tools.querySelector('[data-do=close]').click()
    if (parts.some((part) => part.open)) faults.push('not all parts of the tree close')
    const search = tools.querySelector('input')
    const type = (text) => { search.value = text; search.dispatchEvent(new Event('input')) }
    type(parts.at(-1).querySelector('.name').textContent)
    const found = parts.filter((part) => !part.hidden).length
    if (found === 0 || found === parts.length) faults.push('the search finds ' + found + ' of ' + parts.length + ' parts')
    type('')
    if (parts.some((part) => part.hidden)) faults.push('parts stay hidden after the search')
    tools.querySelector('[data-do=close]').click()
  }
  return faults
})()`

const focusable = `[...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[hidden]'))`

export const focusScript = {
  /** How many places can have the focus; of a group of radio buttons, one can. */
  count: `${focusable}.filter((e) => e.type !== 'radio' || e.checked).length`,
  /** The place that has the focus, in the order of the page, and whether one sees it. */
  where: `(() => {
    const e = document.activeElement
    const style = e === null ? undefined : getComputedStyle(e)
    return [${focusable}.indexOf(e), style !== undefined && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]
  })()`,
} as const
