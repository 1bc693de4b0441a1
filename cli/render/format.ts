/** Formats numbers for users. All figures that arcc prints are formatted here. */

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const
const siUnits = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** The text of an unknown figure. */
export const unknown = 'unknown'

function significant(value: number, digits: number): string {
  const whole = Math.max(1, Math.floor(Math.log10(Math.abs(value) || 1)) + 1)
  return value.toFixed(Math.max(0, digits - whole))
}

/** The first unit in which the value, rounded to `digits`, stays below `limit`. */
function scaled(value: number, base: number, limit: number, units: readonly string[], digits: number) {
  let rest = value
  let unit = 0
  while (unit < units.length - 1 && Math.abs(Number(significant(rest, digits))) >= limit) {
    rest /= base
    unit += 1
  }
  return { text: significant(rest, digits), unit: units[unit] ?? '', scaled: unit > 0 }
}

/** `0 B`, `512 B`, `1.50 KiB`, `184 MiB`, `13.1 GiB`: three digits, binary units. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return unknown
  if (!Number.isFinite(bytes)) return String(bytes)
  const { text, unit, scaled: big } = scaled(bytes, 1024, 1000, byteUnits, 3)
  return big ? `${text} ${unit}` : `${Math.round(bytes)} B`
}

/** `360,232` */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A false accept rate: `1e-6`, `0.1`. */
export function formatFar(far: number): string {
  return far < 0.01 ? far.toExponential() : String(far)
}

/** `65.16 M`, `12.1 G`: exact with separators below 10,000, then `digits` digits and a decimal unit. */
export function formatCompact(count: number, digits = 4): string {
  if (!Number.isFinite(count)) return String(count)
  if (Math.abs(count) < 10_000 && Number.isInteger(count)) return formatCount(count)
  const { text, unit } = scaled(count, 1000, 1000, siUnits, digits)
  return `${text} ${unit}`.trimEnd()
}

/** A quantity with a decimal unit: `125 TFLOP`, `900 GB/s`. */
export function formatQuantity(value: number, unit: string, digits = 3): string {
  if (!Number.isFinite(value) || value === 0) return `${value} ${unit}`
  const { text, unit: prefix } = scaled(value, 1000, 1000, siUnits, digits)
  return `${text} ${prefix}${unit}`
}

const two = (value: number) => String(value).padStart(2, '0')

/** `850 µs`, `12.5 ms`, `3.20 s`, `2m 05s`, `25h 58m`, `13d 04h`. */
export function formatSeconds(seconds: number | undefined): string {
  if (seconds === undefined) return unknown
  if (!Number.isFinite(seconds)) return String(seconds)
  if (seconds === 0) return '0 s'
  if (seconds < 0.999_5e-3) return `${significant(seconds * 1e6, 3)} µs`
  if (seconds < 0.999_5) return `${significant(seconds * 1e3, 3)} ms`
  if (seconds < 59.95) return `${significant(seconds, 3)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`
}

/** A clock that runs: `02:41:07`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}

/** `3,312 images/s`, `48.2 images/s` */
export function formatRate(perSecond: number, what: string): string {
  if (!Number.isFinite(perSecond)) return `${perSecond} ${what}/s`
  const text = perSecond >= 999.5 ? formatCount(perSecond) : significant(perSecond, 3)
  return `${text} ${what}/s`
}

/** A fraction in [0, 1] as `41 %` or, with digits, `99.52 %`. */
export function formatPercent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`
}

/** The deviation of `measured` from `planned`: `+12 %`, `-3 %` or, with digits, `-2.7 %`; `undefined` if either is unknown. */
export function formatDeviation(planned: number, measured: number | undefined, digits = 0): string | undefined {
  if (measured === undefined || !(planned > 0) || !Number.isFinite(measured)) return undefined
  const unit = 10 ** digits
  const percent = Math.round((measured / planned - 1) * 100 * unit) / unit
  return `${percent < 0 ? '' : '+'}${(percent || 0).toFixed(digits)} %`
}

/** A loss, a norm, a learning rate: `digits` significant digits without trailing zeros, `1e-7` for tiny values. */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value).toLowerCase()
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e6) return String(Number(value.toExponential(digits - 1)))
  return String(Number(value.toPrecision(digits)))
}

/** A figure that is updated in place: always `digits` digits, `12.00`. */
export function formatSteady(value: number, digits = 4): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e6) return formatNumber(value, digits)
  return significant(value, digits)
}

/** `1 device`, `2 devices` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : `${noun}s`}`
}
