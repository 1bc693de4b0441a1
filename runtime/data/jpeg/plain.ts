/**
 * Reads the segments of a JPEG (ITU-T T.81, annex B) to decide whether another decoder than sharp may decode it: only what every decoder
 * of the libjpeg family decodes to the same pixels. Everything else is left to sharp, which also judges what is damaged.
 */

/** Width and height in pixels. */
export interface JpegSize {
  readonly width: number
  readonly height: number
}

/** Second byte of a marker. */
export const marker = {
  SOF0: 0xc0,
  SOF1: 0xc1,
  SOF2: 0xc2,
  DHT: 0xc4,
  RST0: 0xd0,
  EOI: 0xd9,
  SOS: 0xda,
  DQT: 0xdb,
  DRI: 0xdd,
  COM: 0xfe,
} as const
const app = { JFIF: 0xe0, exif: 0xe1, ICC: 0xe2, adobe: 0xee, last: 0xef } as const

/** More scans than any encoder writes: each costs a pass over the picture. */
const MOST_SCANS = 30

interface Frame extends JpegSize {
  readonly progressive: boolean
  readonly components: readonly number[]
}

/** Two bytes, the high one first. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** Sampling factors of 4:4:4, 4:2:2 and 4:2:0, one byte per component, and of gray. */
const plainSampling: ReadonlySet<string> = new Set(['17,17,17', '33,17,17', '34,17,17', '17'])

/** The numbers "R", "G", "B": without a JFIF or Adobe segment, libjpeg takes these components for colors. */
const rgbComponents = '82,71,66'

/** The frame header at `at` (its length field): 8 bits, gray or three components in a usual layout. */
function readFrame(bytes: Uint8Array, at: number, progressive: boolean): Frame | undefined {
  const [height, width, count] = [u16(bytes, at + 3), u16(bytes, at + 5), bytes[at + 7] ?? 0]
  if (bytes[at + 2] !== 8 || width === 0 || height === 0 || u16(bytes, at) !== 8 + 3 * count) return undefined
  const components: number[] = []
  const sampling: number[] = []
  for (let i = 0; i < count; i++) {
    components.push(bytes[at + 8 + 3 * i] ?? 0)
    sampling.push(bytes[at + 9 + 3 * i] ?? 0)
  }
  if (!plainSampling.has(sampling.join()) || new Set(components).size !== count) return undefined
  if (components.join() === rgbComponents) return undefined
  return { width, height, progressive, components }
}

/** Whether the Exif block at `at` leaves the picture as it is stored: its orientation is 1 or missing, and it can be read. */
function isUpright(bytes: Uint8Array, at: number, end: number): boolean {
  const little = hasText(bytes, at, 'II')
  if (!little && !hasText(bytes, at, 'MM')) return false
  const word = (offset: number) =>
    little ? (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) : u16(bytes, offset)
  const long = (offset: number) =>
    little ? word(offset) + word(offset + 2) * 0x10000 : word(offset) * 0x10000 + word(offset + 2)
  const directory = at + long(at + 4)
  const entries = directory + 2 <= end ? word(directory) : Number.POSITIVE_INFINITY
  if (word(at + 2) !== 42 || directory + 2 + 12 * entries > end) return false
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i
    if (word(entry) === 0x0112 && word(entry + 8) !== 1) return false
  }
  return true
}

/** Whether an application segment leaves the pixels alone; `at` is its length field. */
function isHarmless(bytes: Uint8Array, kind: number, at: number, end: number): boolean {
  // Of another version, libjpeg warns.
  if (kind === app.JFIF) return !hasText(bytes, at + 2, 'JFIF\0') || bytes[at + 7] === 1
  if (kind === app.ICC) return !hasText(bytes, at + 2, 'ICC_PROFILE')
  if (kind === app.exif) return !hasText(bytes, at + 2, 'Exif\0\0') || isUpright(bytes, at + 8, end)
  // Adobe's transform 1: the components are luminance and chrominance.
  if (kind === app.adobe) return !hasText(bytes, at + 2, 'Adobe') || (end - at >= 14 && bytes[at + 13] === 1)
  return true
}

/** The position of the next marker that is not a restart, after entropy-coded data; `undefined` if the data ends first. */
function endOfScan(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at
  }
  return undefined
}

/** Which bits of which coefficients the scans of a progressive picture have delivered: `known[component][k]` bits are missing. */
class Coefficients {
  readonly #missing: ReadonlyMap<number, Int8Array>
  constructor(components: readonly number[]) {
    this.#missing = new Map(components.map((component) => [component, new Int8Array(64).fill(-1)]))
  }

  /** Adds the scan whose header is at `at`; `false` if it does not continue the earlier ones. */
  add(bytes: Uint8Array, at: number): boolean {
    const count = bytes[at + 2] ?? 0
    const parameters = at + 3 + 2 * count
    const [first, last, bits] = [bytes[parameters] ?? 0, bytes[parameters + 1] ?? 0, bytes[parameters + 2] ?? 0]
    if (u16(bytes, at) !== 6 + 2 * count || first > last || last > 63) return false
    for (let i = 0; i < count; i++) {
      const missing = this.#missing.get(bytes[at + 3 + 2 * i] ?? 0)
      if (missing === undefined) return false
      for (let k = first; k <= last; k++) {
        if (missing[k] !== (bits >> 4 === 0 ? -1 : bits >> 4)) return false
        missing[k] = bits & 15
      }
    }
    return true
  }

  /** Decoders smooth what is missing, each in its own way. */
  get complete(): boolean {
    return [...this.#missing.values()].every((missing) => missing.every((bits) => bits === 0))
  }
}

/** Whether the scans of a progressive picture from the header at `at` on deliver all of it and end with an end marker. */
function isWhole(bytes: Uint8Array, at: number, { components }: Frame): boolean {
  const coefficients = new Coefficients(components)
  let scans = 0
  for (let position = at; ; ) {
    const kind = bytes[position + 1] ?? 0
    if (bytes[position] !== 0xff) return false
    if (kind === marker.EOI) return coefficients.complete
    const end = position + 2 + u16(bytes, position + 2)
    if (kind === marker.SOS) {
      if (++scans > MOST_SCANS || !coefficients.add(bytes, position + 2)) return false
      const next = endOfScan(bytes, end)
      if (next === undefined) return false
      position = next
    } else if (kind === marker.DHT || kind === marker.DQT || kind === marker.DRI || kind === marker.COM) position = end
    else return false
    if (position >= bytes.length) return false
  }
}

/**
 * The size of a JPEG that a `JpegDecoder` may decode: 8 bits, gray or YCbCr in 4:4:4, 4:2:2 or 4:2:0, sequential in one scan or
 * progressive and complete, upright, without a color profile; `undefined` for all others, and for what is not a whole JPEG.
 */
export function plainJpeg(bytes: Uint8Array): JpegSize | undefined {
  if (u16(bytes, 0) !== 0xffd8) return undefined
  let frame: Frame | undefined
  for (let at = 2; ; ) {
    if (bytes[at] !== 0xff) return undefined
    const kind = bytes[at + 1] ?? 0
    const length = u16(bytes, at + 2)
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) return undefined
    if (kind === marker.SOS) {
      if (frame === undefined) return undefined
      const all = frame.progressive ? isWhole(bytes, at, frame) : bytes[at + 4] === frame.components.length
      return all ? { width: frame.width, height: frame.height } : undefined
    }
    if (kind >= marker.SOF0 && kind <= marker.SOF2) {
      if (frame !== undefined) return undefined
      frame = readFrame(bytes, at + 2, kind === marker.SOF2)
      if (frame === undefined) return undefined
    } else if (kind >= app.JFIF && kind <= app.last) {
      if (!isHarmless(bytes, kind, at + 2, end)) return undefined
    } else if (kind !== marker.DHT && kind !== marker.DQT && kind !== marker.DRI && kind !== marker.COM)
      return undefined
    at = end
  }
}
