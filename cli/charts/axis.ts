/** Axes of charts: where values lie, and which ticks are labelled. */

export interface ChartAxis {
  readonly label: string
  readonly scale: 'linear' | 'log'
  /** The smallest and the largest value; default: those of the data. What lies outside is cut off. */
  readonly range?: readonly [low: number, high: number]
  /** The text of a tick; default: as few digits as tell the ticks apart. */
  readonly format?: (value: number) => string
}

export interface Tick {
  readonly value: number
  readonly text: string
}

/** An axis with its range. */
export interface Scale {
  readonly label: string
  readonly range: readonly [low: number, high: number]
  readonly ticks: readonly Tick[]
  /** 0 at the low end, 1 at the high end; NaN for what has no place: values that are not finite, and those ≤ 0 on a log axis. */
  place(value: number): number
}

/** Powers of ten from the first to the last that a double has. */
const lowestDecade = -300
const highestDecade = 300

function decade(exponent: number): number {
  return Number(`1e${exponent}`)
}

/** The range of the values that have a place, widened if it is one point; [0, 1], or [0.1, 1] on a log axis, without any. */
function rangeOf(values: Iterable<number>, log: boolean): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low > high ? (log ? [0.1, 1] : [0, 1]) : [low, high]
}

function widened([low, high]: readonly [number, number], log: boolean): readonly [number, number] {
  if (high > low) return [low, high]
  if (log) return [low / 10, low * 10]
  const half = Math.abs(low) / 2 || 0.5
  return [low - half, low + half]
}

/** Steps of ticks within a decade. */
const niceSteps = [1, 2, 2.5, 5, 10] as const

/** The smallest nice step that makes at most `most` ticks. */
function niceStep(span: number, most: number): number {
  const exponent = Math.max(lowestDecade, Math.floor(Math.log10(span / most)))
  const unit = decade(exponent)
  return (niceSteps.find((step) => span / (step * unit) <= most) ?? 10) * unit
}

/** Decimal places that write multiples of a step exactly. */
function placesOf(step: number): number {
  const [digits = '', exponent = '0'] = step.toExponential().split('e')
  return Math.max(0, digits.replace(/^\d\.?/, '').length - Number(exponent))
}

/** `10,000`; -0 is written as 0. */
function grouped(text: string): string {
  return text.replace(/^-(0\.?0*)$/, '$1').replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')
}

function linearTicks([low, high]: readonly [number, number], most: number): Tick[] {
  const step = niceStep(high - low, most)
  const places = placesOf(step)
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  const plain = Math.max(Math.abs(low), Math.abs(high)) < 1e9 && places <= 6
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const value = (first + i) * step
    return { value, text: plain ? grouped(value.toFixed(places)) : value.toPrecision(4) }
  })
}

/** Multiples of a decade that are labelled, if there are few decades. */
const multiples: readonly (readonly [decades: number, multiples: readonly number[]])[] = [
  [1.1, [1, 2, 3, 5, 7]],
  [2.1, [1, 2, 5]],
  [3.1, [1, 3]],
]

function logTicks([low, high]: readonly [number, number], most: number): Tick[] {
  const first = Math.max(lowestDecade, Math.floor(Math.log10(low) + 1e-9))
  const last = Math.min(highestDecade, Math.ceil(Math.log10(high) - 1e-9))
  const decades = last - first
  const [, own = [1]] = multiples.find(([limit]) => Math.log10(high / low) <= limit) ?? []
  const apart = Math.max(1, Math.ceil((decades + 1) / most))
  const exponents = Array.from({ length: decades + 1 }, (_, i) => first + i).filter(
    (exponent) => exponent % apart === 0,
  )
  const within = (value: number) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)
  return exponents.flatMap((exponent) =>
    own
      .map((multiple) => multiple * decade(exponent))
      .filter(within)
      .map((value) => ({ value, text: logText(value, exponent) })),
  )
}

function logText(value: number, exponent: number): string {
  if (exponent < -3 || exponent > 5) return value.toExponential().replace('e+', 'e')
  return value.toFixed(Math.max(0, -exponent))
}

/** The range with room at both ends, as a part of its length: lines at its ends are not cut off. */
function withRoom([low, high]: readonly [number, number], log: boolean, room: number): readonly [number, number] {
  if (log) {
    const factor = (high / low) ** room
    return [low / factor, high * factor]
  }
  const own = (high - low) * room
  return [low - own, high + own]
}

/** The axis for these values, with at most about `most` ticks; `room`: the part of the values' range that is added at both ends. */
export function scaleOf(axis: ChartAxis, values: Iterable<number>, most: number, room = 0): Scale {
  const log = axis.scale === 'log'
  const range = axis.range ? widened(axis.range, log) : withRoom(widened(rangeOf(values, log), log), log, room)
  const [low, high] = log ? [Math.log(range[0]), Math.log(range[1])] : range
  const ticks = log ? logTicks(range, most) : linearTicks(range, most)
  // A log axis of a small part of a decade has hardly a tick of its own.
  const shown = ticks.length >= 2 ? ticks : linearTicks(range, most)
  const { format, label } = axis
  return {
    label,
    range,
    ticks: format === undefined ? shown : shown.map(({ value }) => ({ value, text: format(value) })),
    place(value) {
      if (!Number.isFinite(value) || (log && value <= 0)) return Number.NaN
      return ((log ? Math.log(value) : value) - low) / (high - low)
    },
  }
}
