/** Lines over an axis of numbers: loss over steps, ROC. */
import { type ChartAxis, type Scale, scaleOf } from './axis.ts'
import { type Area, type ChartMark, type ChartSize, frame, noData, pixel, seriesLine } from './frame.ts'

/** A line; a point without a place (not finite, or ≤ 0 on a log axis) interrupts it. */
export interface Series {
  readonly name: string
  /** In the order of x. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LineChart extends ChartSize {
  readonly title: string
  readonly x: ChartAxis
  readonly y: ChartAxis
  readonly series: readonly Series[]
  readonly marks?: readonly ChartMark[]
}

type Pixel = readonly [x: number, y: number]

/** Parts of a line without gaps, in pixels of the area. */
function placed({ points }: Series, x: Scale, y: Scale, { width, height }: Area): Pixel[][] {
  const parts: Pixel[][] = []
  let part: Pixel[] = []
  for (const [a, b] of points) {
    const [column, row] = [x.place(a) * width, (1 - y.place(b)) * height]
    if (Number.isFinite(column) && Number.isFinite(row)) {
      if (part.length === 0) parts.push(part)
      part.push([column, row])
    } else part = []
  }
  return parts
}

/** The first, the extreme and the last points of every column of pixels: the same picture with few points. */
function thinned(points: readonly Pixel[], columns: number): readonly Pixel[] {
  if (points.length <= 4 * columns) return points
  const kept: Pixel[] = []
  let start = 0
  while (start < points.length) {
    const column = Math.floor(points[start]?.[0] ?? 0)
    let end = start + 1
    while (end < points.length && Math.floor(points[end]?.[0] ?? 0) === column) end++
    let [low, high] = [start, start]
    for (let i = start; i < end; i++) {
      if ((points[i]?.[1] ?? 0) < (points[low]?.[1] ?? 0)) low = i
      if ((points[i]?.[1] ?? 0) > (points[high]?.[1] ?? 0)) high = i
    }
    for (const i of new Set([start, Math.min(low, high), Math.max(low, high), end - 1])) {
      const point = points[i]
      if (point !== undefined) kept.push(point)
    }
    start = end
  }
  return kept
}

function lineText(series: Series, number: number, x: Scale, y: Scale, area: Area): string {
  const parts = placed(series, x, y, area)
  const text = ([a, b]: Pixel) => `${pixel(a)} ${pixel(b)}`
  const path = parts.map((part) => {
    const points = thinned(part, area.width)
    // A single point would be invisible: with round caps, a line of no length is a dot.
    return points.length === 1 ? `M${points.map(text).join('')}h0` : `M${points.map(text).join('L')}`
  })
  if (path.length === 0) return ''
  const caps = 'stroke-width="2" stroke-linejoin="round" stroke-linecap="round"'
  return `<path ${seriesLine(number)} fill="none" ${caps} d="${path.join('')}"/>`
}

/** A standalone SVG document. */
export function lineChart({ title, x, y, series, marks = [], width, height }: LineChart): string {
  const values = (i: 0 | 1) => series.flatMap(({ points }) => points.map((point) => point[i]))
  const xs = scaleOf(x, values(0), Math.max(3, Math.floor((width ?? 720) / 80)))
  const ys = scaleOf(y, values(1), 7, 0.03)
  return frame({
    ...{ title, x: xs, y: ys, marks, width, height },
    names: series.map(({ name }) => name),
    draw: (area) => series.map((own, i) => lineText(own, i, xs, ys, area)).join('') || noData(area),
  })
}
