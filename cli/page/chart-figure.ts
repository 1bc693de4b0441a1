/** Charts in a page: each is drawn twice, for wide and for narrow pages, because text in a chart that shrinks cannot be read. */
import type { ChartSize } from '../charts/frame.ts'
import { type Child, element, type Html, markup } from './html.ts'

/** About the widths that the columns of a page have; a phone of 400 pixels leaves 376. */
const sizes = {
  roomy: { width: 560, height: 330 },
  narrow: { width: 372, height: 300 },
} as const

/** A chart with a caption. `faint` draws its second line thin and pale, for single values below a smoothed line. */
export function chartFigure(
  draw: (size: ChartSize) => string,
  caption: Child = undefined,
  options: { readonly faint?: boolean } = {},
): Html {
  return element(
    'figure',
    options.faint === true ? { class: 'faint' } : {},
    (['roomy', 'narrow'] as const).map((name) => element('div', { class: name }, markup(draw(sizes[name])))),
    caption === undefined ? undefined : element('figcaption', {}, caption),
  )
}

/** Charts side by side where there is room. */
export function chartGrid(...charts: readonly Child[]): Html {
  return element('div', { class: 'charts' }, ...charts)
}
