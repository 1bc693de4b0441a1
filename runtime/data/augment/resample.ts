/** Images of another size: for each output row, one pass along the columns of the image, then one along the row. */
import type { Canvas } from './canvas.ts'
import { type AxisWeights, createAxisWeights, type Filter, setWeights } from './resample-weights.ts'

/** An image in the memory of a canvas, at an address; `stride` is the number of pixels from one row to the next. */
export interface Place {
  readonly at: number
  readonly stride: number
  readonly height: number
  readonly width: number
}

/** Bytes of a tap in the kernel's tables. */
const tapBytes = 8

/** Writes the image at `from` to `to`, which must not overlap. */
type Resample = (from: Place, to: Place, filter: Filter) => void

/** For images up to the size of the canvas. */
export function createResampler(canvas: Canvas): Resample {
  const { height, width, channels } = canvas.size
  const columns = createAxisWeights(width)
  const rows = createAxisWeights(height)
  const columnTable = canvas.reserve(tapBytes * columns.room)
  const rowTable = canvas.reserve(tapBytes * rows.room)
  const line = canvas.reserve(2 * width * channels)
  const write = (axis: AxisWeights, outputs: number, table: number, start: number, step: number) => {
    const { words } = canvas
    for (let i = 0; i < outputs * axis.taps; i++) {
      words[table / 4 + 2 * i] = start + (axis.sources[i] ?? 0) * step
      words[table / 4 + 2 * i + 1] = axis.weights[i] ?? 0
    }
  }
  return (from, to, filter) => {
    setWeights(columns, filter, from.width, to.width)
    setWeights(rows, filter, from.height, to.height)
    // Offsets in the scratch row, which has 16 bits for a level.
    write(columns, to.width, columnTable, 0, 2 * channels)
    write(rows, to.height, rowTable, from.at, from.stride * channels)
    const groups = Math.ceil((from.width * channels) / 8)
    const rowBytes = to.stride * channels
    canvas.kernels.resample(
      to.at,
      to.height,
      to.width,
      rowBytes,
      channels,
      rowTable,
      rows.taps,
      columnTable,
      columns.taps,
      line,
      groups,
    )
  }
}
