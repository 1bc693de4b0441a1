/**
 * JPEG files that every viewer shows although they break the specification (ITU-T T.81): stray bytes between segments, no end
 * marker, bytes after it, scan parameters that a sequential decoder ignores. They are rewritten so that the decoder's warnings that
 * remain mean damage. Truncated pixel data is damage: the end marker is added only if the scans contain all coefficients.
 */

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const TEM = 0x01

/** Zeros at the end of a file without end marker that cannot be pixel data. */
const MOST_ZEROS = 16

export interface RepairedJpeg {
  /** Without stray bytes, and ending with the end marker. */
  readonly bytes: Uint8Array
  /** Whether the file had one. */
  readonly ended: boolean
}

/** Components by number, and which of their 64 coefficients have arrived in full precision. */
type Frame = { readonly sequential: boolean; readonly complete: Map<number, Uint8Array> }

function isFrame(marker: number): boolean {
  // C4, C8 and CC are tables and reserved.
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7
}

/** The coding of a frame that no decoder here reads, if so. */
export function unreadCoding(bytes: Uint8Array): string | undefined {
  for (let at = 2; at + 9 < bytes.length; ) {
    const start = bytes.indexOf(0xff, at)
    if (start < 0) return undefined
    const marker = bytes[start + 1] ?? 0
    if (marker === SOS || marker === EOI) return undefined
    if (isFrame(marker)) {
      if (bytes[start + 4] === 12) return 'a JPEG picture of 12 bits per channel'
      if (marker === 0xc3) return 'a lossless JPEG picture'
      if (marker > 0xc8) return 'a JPEG picture with arithmetic coding'
      if (marker > 0xc4) return 'a hierarchical JPEG picture'
      return undefined
    }
    const bare = marker === 0xff || marker === 0 || marker === TEM || isRestart(marker) || marker === SOI
    at = bare ? start + 1 : start + 2 + (((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0))
  }
  return undefined
}

function readFrame(marker: number, segment: Uint8Array): Frame {
  const complete = new Map<number, Uint8Array>()
  const components = segment[9] ?? 0
  for (let i = 0; i < components; i++) complete.set(segment[10 + 3 * i] ?? 0, new Uint8Array(64))
  return { sequential: marker < 0xc2, complete }
}

/** Notes what a scan brings; returns its segment with the parameters that a sequential scan must have. */
function readScan(segment: Uint8Array, { sequential, complete }: Frame): Uint8Array {
  const count = segment[4] ?? 0
  const tail = 5 + 2 * count
  const fixed = segment.slice()
  if (sequential && tail + 3 <= fixed.length) fixed.set([0, 63, 0], tail)
  const [first = 0, last = 0, approximation = 0] = fixed.subarray(tail, tail + 3)
  for (let i = 0; i < count; i++) {
    const seen = complete.get(segment[5 + 2 * i] ?? 0)
    if (seen !== undefined && (approximation & 15) === 0) seen.fill(1, first, Math.min(64, last + 1))
  }
  return fixed
}

/** The offset behind the entropy-coded data that starts at `from`: that of the next marker, or the end of the file. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; ; ) {
    const start = bytes.indexOf(0xff, at)
    if (start < 0 || start + 1 >= bytes.length) return start < 0 ? bytes.length : start
    const marker = bytes[start + 1] ?? 0
    if (marker === 0xff) at = start + 1
    else if (marker === 0 || isRestart(marker)) at = start + 2
    else return start
  }
}

function trailingZeros(bytes: Uint8Array): number {
  let count = 0
  while (count < bytes.length && bytes[bytes.length - 1 - count] === 0) count++
  return count
}

/** The file without what viewers pass over, or why it is damaged. */
export function repairJpeg(bytes: Uint8Array): RepairedJpeg | string {
  const parts: Uint8Array[] = [bytes.subarray(0, 2)]
  let frame: Frame | undefined
  let scans = 0
  let at = 2
  let ended = false
  while (!ended) {
    // Stray bytes before a marker, and the fill bytes that are allowed there.
    const start = bytes.indexOf(0xff, at)
    if (start < 0 || start + 1 >= bytes.length) break
    const marker = bytes[start + 1] ?? 0
    if (marker === 0xff || marker === 0) at = start + (marker === 0 ? 2 : 1)
    else if (marker === TEM || isRestart(marker)) at = start + 2
    else if (marker === EOI) ended = true
    else {
      const length = ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0)
      const after = start + 2 + length
      if (marker === SOI || length < 2) return 'its segments are out of order'
      if (after > bytes.length) break
      const segment = bytes.subarray(start, after)
      at = after
      if (isFrame(marker)) frame = readFrame(marker, segment)
      if (marker === SOS) {
        if (frame === undefined) return 'its segments are out of order'
        at = endOfScan(bytes, after)
        parts.push(readScan(segment, frame), bytes.subarray(after, at))
        scans++
      } else parts.push(segment)
    }
  }
  if (scans === 0 || frame === undefined) return 'it ends before its pixel data'
  if (!ended) {
    const zeros = trailingZeros(bytes)
    if (zeros >= MOST_ZEROS) return `its last ${zeros} bytes are zeros`
    const lacks = [...frame.complete.values()].some((seen) => seen.includes(0))
    if (lacks) return 'its pixel data ends too early'
  }
  return { bytes: Buffer.concat([...parts, Uint8Array.of(0xff, EOI)]), ended }
}

/** Whether the file ends with the end marker, as most do: only then can it be decoded without a closer look. */
export function endsProperly(bytes: Uint8Array): boolean {
  return bytes[bytes.length - 2] === 0xff && bytes[bytes.length - 1] === EOI
}
