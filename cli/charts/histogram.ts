/** Histograms of several series over the same bins, each as shares of its own total: series of different sizes are comparable. */
import { type ChartAxis, type Scale, scaleOf } from './axis.ts'
import { type Area, type ChartMark, type ChartSize, frame, noData, pixel, seriesArea, seriesLine } from './frame.ts'

export interface HistogramSeries {
  readonly name: string
  /** How many values lie in each bin. */
  readonly counts: readonly number[]
}

export interface HistogramChart extends ChartSize {
  readonly title: string
  readonly x: ChartAxis
  /** The limits of the bins, ascending: one more than there are bins. */
  readonly edges: readonly number[]
  readonly series: readonly HistogramSeries[]
  readonly marks?: readonly ChartMark[]
}

function shares({ counts }: HistogramSeries): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (total > 0 ? count / total : 0))
}

/** The outline of the bins from left to right, without the base. */
function outline(heights: readonly number[], edges: readonly number[], x: Scale, y: Scale, { width, height }: Area) {
  return heights.flatMap((share, bin) => {
    const row = pixel((1 - y.place(share)) * height)
    return [bin, bin + 1].map((edge) => `${pixel(x.place(edges[edge] ?? Number.NaN) * width)} ${row}`)
  })
}

/** A standalone SVG document. */
export function histogramChart({ title, x, edges, series, marks = [], width, height }: HistogramChart): string {
  const heights = series.map(shares)
  const highest = Math.max(0, ...heights.flat())
  const xs = scaleOf(x, edges, Math.max(3, Math.floor((width ?? 720) / 80)))
  const percent = (value: number) => `${Math.round(value * 1000) / 10} %`
  const ys = scaleOf({ label: 'share', scale: 'linear', range: [0, highest * 1.03 || 1], format: percent }, [], 6)
  const draw = (area: Area) => {
    if (highest === 0) return noData(area)
    return heights
      .map((own, i) => {
        const corners = outline(own, edges, xs, ys, area)
        const left = pixel(xs.place(edges[0] ?? 0) * area.width)
        const right = pixel(xs.place(edges.at(-1) ?? 0) * area.width)
        const filled = `<path ${seriesArea(i)} fill-opacity="0.22" d="M${left} ${area.height}L${corners.join('L')}L${right} ${area.height}Z"/>`
        return `${filled}<path ${seriesLine(i)} fill="none" stroke-width="1.6" stroke-linejoin="round" d="M${corners.join('L')}"/>`
      })
      .join('')
  }
  return frame({ title, x: xs, y: ys, names: series.map(({ name }) => name), marks, draw, width, height })
}
