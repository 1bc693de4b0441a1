/**
 * What all charts share: a standalone SVG with title, axes, grid and legend. Its colors are those of a light page, in attributes, for
 * viewers without CSS; its style sheet follows `prefers-color-scheme`. A page that contains it can set the custom properties
 * `--chart-paper`, `--chart-ink`, `--chart-muted`, `--chart-grid` and `--chart-1` … `--chart-6`.
 */
import type { Scale } from './axis.ts'

/** A vertical line at a value of x. */
export interface ChartMark {
  readonly x: number
  readonly label: string
}

export interface ChartSize {
  /** Pixels; default: 720 × 400. */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

/** The rectangle of the data, in pixels of the chart. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Frame extends ChartSize {
  readonly title: string
  readonly x: Scale
  readonly y: Scale
  /** The names of the series, in the order of their colors. */
  readonly names: readonly string[]
  readonly marks: readonly ChartMark[]
  /** Draws the data; pixels are relative to the area. */
  readonly draw: (area: Area) => string
}

const colors = [
  { light: '#0b63c5', dark: '#6db3ff' },
  { light: '#c2500a', dark: '#ff9d5c' },
  { light: '#157a4a', dark: '#5fd39a' },
  { light: '#8440a8', dark: '#cba0f5' },
  { light: '#8a6a00', dark: '#e0c060' },
  { light: '#b52d5f', dark: '#ff8fb3' },
] as const

const inks = {
  paper: { light: '#ffffff', dark: '#15181c' },
  ink: { light: '#1c2024', dark: '#e8eaed' },
  muted: { light: '#5b636b', dark: '#a4acb5' },
  grid: { light: '#dfe3e7', dark: '#343a41' },
} as const

/** Series differ by their dashes, too. */
const dashes = ['', '7 4', '2 3', '9 3 2 3', '4 2', '12 4'] as const

/** Attributes of the line of a series. */
export function seriesLine(series: number): string {
  const color = series % colors.length
  const dash = dashes[series % dashes.length]
  return `class="line s${color + 1}" stroke="${colors[color]?.light}"${dash ? ` stroke-dasharray="${dash}"` : ''}`
}

/** Attributes of the filled area of a series. */
export function seriesArea(series: number): string {
  const color = series % colors.length
  return `class="fill f${color + 1}" fill="${colors[color]?.light}"`
}

function variables(scheme: 'light' | 'dark'): string {
  const own = Object.entries(inks).map(([name, ink]) => [name, ink[scheme]] as const)
  const series = colors.map((color, i) => [String(i + 1), color[scheme]] as const)
  return [...own, ...series].map(([name, color]) => `--c-${name}:var(--chart-${name},${color})`).join(';')
}

const rules = [
  `.arcc-chart{${variables('light')}}`,
  `@media (prefers-color-scheme:dark){.arcc-chart{${variables('dark')}}}`,
  '.arcc-chart .paper{fill:var(--c-paper)}',
  '.arcc-chart text{fill:var(--c-ink)}',
  '.arcc-chart .muted{fill:var(--c-muted)}',
  '.arcc-chart .grid{stroke:var(--c-grid)}',
  // A rim of the color of the paper keeps labels readable on lines.
  '.arcc-chart .label{stroke:var(--c-paper);stroke-width:4px;stroke-linejoin:round;paint-order:stroke}',
  '.arcc-chart .axis,.arcc-chart .mark{stroke:var(--c-muted)}',
  ...colors.map(
    (_, i) => `.arcc-chart .s${i + 1}{stroke:var(--c-${i + 1})}.arcc-chart .f${i + 1}{fill:var(--c-${i + 1})}`,
  ),
]
const style = `<style>${rules.join('')}</style>`

/** Text for an element or an attribute; characters that XML does not allow become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** A coordinate with two decimals at most. */
export function pixel(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** About the width of a character at 12 pixels. */
const characterWidth = 6.6

function textWidth(text: string): number {
  return text.length * characterWidth
}

/** A text cut to about a width. */
function fitted(text: string, width: number, size = 12): string {
  const most = Math.max(1, Math.floor((width * 12) / size / characterWidth))
  return text.length <= most ? text : `${[...text].slice(0, most - 1).join('')}…`
}

const margin = 16
const legendLine = 18

interface LegendEntry {
  readonly name: string
  readonly x: number
  readonly row: number
}

/** Places the names of the series in rows. */
function placeLegend(names: readonly string[], width: number): readonly LegendEntry[] {
  let x = 0
  let row = 0
  return names.map((name) => {
    const text = fitted(name, width - 34)
    const own = 34 + textWidth(text)
    if (x > 0 && x + own > width) {
      x = 0
      row++
    }
    const entry = { name: text, x, row }
    x += own + 12
    return entry
  })
}

function legendText(entries: readonly LegendEntry[], top: number): string {
  return entries
    .map(({ name, x, row }, i) => {
      const left = margin + x
      const middle = top + row * legendLine
      const line = `<line ${seriesLine(i)} stroke-width="2" x1="${pixel(left)}" x2="${pixel(left + 24)}" y1="${middle}" y2="${middle}"/>`
      return `${line}<text x="${pixel(left + 30)}" y="${middle + 4}">${escapeXml(name)}</text>`
    })
    .join('')
}

function axisText(x: Scale, y: Scale, area: Area, height: number): string {
  const { x: left, y: top, width } = area
  const bottom = top + area.height
  const column = (value: number) => pixel(left + x.place(value) * width)
  const row = (value: number) => bottom - y.place(value) * area.height
  const grid = [
    ...x.ticks.map(({ value }) => `M${column(value)} ${top}V${bottom}`),
    ...y.ticks.map(({ value }) => `M${left} ${pixel(row(value))}H${left + width}`),
  ]
  const xs = x.ticks.map(
    ({ value, text }) => `<text x="${column(value)}" y="${bottom + 17}" text-anchor="middle">${escapeXml(text)}</text>`,
  )
  const ys = y.ticks.map(
    ({ value, text }) =>
      `<text x="${left - 7}" y="${pixel(row(value) + 4)}" text-anchor="end">${escapeXml(text)}</text>`,
  )
  const middle = pixel(top + area.height / 2)
  const xLabel = escapeXml(fitted(x.label, width))
  const yLabel = escapeXml(fitted(y.label, area.height))
  return [
    `<path class="grid" stroke="${inks.grid.light}" fill="none" d="${grid.join('')}"/>`,
    `<path class="axis" stroke="${inks.muted.light}" fill="none" d="M${left} ${top}V${bottom}H${left + width}"/>`,
    `<g font-size="11">${xs.join('')}${ys.join('')}</g>`,
    `<text class="muted" fill="${inks.muted.light}" x="${pixel(left + width / 2)}" y="${height - 10}" text-anchor="middle">${xLabel}</text>`,
    `<text class="muted" fill="${inks.muted.light}" transform="translate(${margin + 2} ${middle}) rotate(-90)" text-anchor="middle">${yLabel}</text>`,
  ].join('')
}

/** Vertical lines, with labels in turn one below the other so that neighbours stay readable. */
function marksText(marks: readonly ChartMark[], x: Scale, { x: left, y: top, width, height }: Area): string {
  return marks
    .filter((mark) => x.place(mark.x) >= 0 && x.place(mark.x) <= 1)
    .map((mark, i) => {
      const share = x.place(mark.x)
      const column = pixel(left + share * width)
      const line = `<path class="mark" stroke="${inks.muted.light}" stroke-dasharray="3 3" fill="none" d="M${column} ${top}v${height}"/>`
      const side = share > 0.6 ? { anchor: 'end', shift: -6 } : { anchor: 'start', shift: 6 }
      const place = `x="${pixel(left + share * width + side.shift)}" y="${top + 14 + 15 * (i % 4)}" text-anchor="${side.anchor}"`
      return `${line}<text class="label" ${place} font-size="11">${escapeXml(mark.label)}</text>`
    })
    .join('')
}

/** The SVG document of a chart. */
export function frame({ title, x, y, names, marks, draw, width = 720, height = 400 }: Frame): string {
  const legend = names.length > 1 ? placeLegend(names, width - 2 * margin) : []
  const rows = legend.length === 0 ? 0 : (legend.at(-1)?.row ?? 0) + 1
  const top = 44 + rows * legendLine
  const left = Math.ceil(margin + 26 + Math.max(0, ...y.ticks.map(({ text }) => textWidth(text))))
  const last = x.ticks.at(-1)
  const right = margin + Math.min(24, last === undefined ? 0 : textWidth(last.text) / 2)
  const area = {
    x: left,
    y: top,
    width: Math.max(20, Math.floor(width - left - right)),
    height: Math.max(20, height - top - 50),
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="arcc-chart" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="12" fill="${inks.ink.light}">`,
    `<title>${escapeXml(title)}</title>${style}`,
    `<rect class="paper" fill="${inks.paper.light}" width="${width}" height="${height}"/>`,
    `<text x="${margin}" y="26" font-size="15" font-weight="600">${escapeXml(fitted(title, width - 2 * margin, 15))}</text>`,
    legendText(legend, 44),
    axisText(x, y, area, height),
    // An inner document cuts off what lies outside of the axes, without an id that could occur twice in a page.
    `<svg x="${area.x}" y="${area.y}" width="${area.width}" height="${area.height}">${draw(area)}</svg>`,
    marksText(marks, x, area),
    '</svg>\n',
  ].join('')
}

/** Shown in the middle of a chart without data. */
export function noData({ width, height }: Area): string {
  return `<text class="muted" fill="${inks.muted.light}" x="${pixel(width / 2)}" y="${pixel(height / 2)}" text-anchor="middle">no data</text>`
}
