/** Bars and sparklines of block characters, with an ASCII form for terminals without UTF-8. */

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const unicodeLevels = '▁▂▃▄▅▆▇█'
const asciiLevels = '_.,-=+*#'

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0
}

/**
 * A bar of exactly `width` columns, filled to `share` in [0, 1]. `rest` fills the remainder: blanks make the bars of several lines
 * comparable, a shade shows the full length.
 */
export function renderBar(share: number, width: number, unicode: boolean, rest: 'blank' | 'shade' = 'shade'): string {
  const filled = clamp(share) * width
  const whole = Math.floor(filled)
  const part = unicode ? (eighths[Math.floor((filled - whole) * 8)] ?? '') : ''
  const bar = (unicode ? '█' : '#').repeat(whole) + part
  const shade = rest === 'blank' ? ' ' : unicode ? '░' : '.'
  return bar + shade.repeat(Math.max(0, width - bar.length))
}

/** A progress bar of `width` columns: `[====>      ]` in ASCII, a shaded bar in Unicode. */
export function renderProgress(share: number, width: number, unicode: boolean): string {
  if (unicode) return renderBar(share, width, true)
  const inner = width - 2
  const whole = Math.floor(clamp(share) * inner)
  const head = whole < inner ? '>' : ''
  return `[${'='.repeat(whole)}${head}${' '.repeat(Math.max(0, inner - whole - head.length))}]`
}

/** The means of `count` consecutive parts of nearly equal length. */
function resample(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values]
  return Array.from({ length: count }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count))
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
}

/**
 * A curve of one line and at most `width` columns, scaled from the smallest to the largest value; non-finite values are shown as
 * `!`. A constant curve is drawn in the middle.
 */
export function sparkline(values: readonly number[], width: number, unicode: boolean): string {
  const levels = unicode ? unicodeLevels : asciiLevels
  const points = resample(values, width)
  const finite = points.filter(Number.isFinite)
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low
  const level = (value: number) => (span > 0 ? Math.round(((value - low) / span) * (levels.length - 1)) : 3)
  return points.map((value) => (Number.isFinite(value) ? levels.charAt(level(value)) : '!')).join('')
}
