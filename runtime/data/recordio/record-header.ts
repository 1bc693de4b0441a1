/**
 * The header of an image record (MXNet's `IRHeader`): u32 flag, f32 label, u64 id, u64 id2; if `flag` is above 0, that many f32
 * labels follow and replace the one in the header. The encoded image is the rest.
 */

/** Bytes of a header without labels behind it. */
export const HEADER = 24

export interface RecordHeader {
  /** The number of labels behind the header; 0 if the only label is in it. */
  readonly flag: number
  /** The first label: the class. */
  readonly label: number
  /** The second label; `NaN` if there is none. */
  readonly second: number
  /** Offset of the encoded image in the payload. */
  readonly imageAt: number
}

/**
 * Reads a header from the first bytes of a payload of `length` bytes, of which at least 32 must be given if it has so many.
 * Returns what is wrong with it as text, for the caller to report with its place.
 */
export function readHeader(start: Uint8Array, length: number = start.length): RecordHeader | string {
  if (length < HEADER) return `a record of ${length} bytes has no header`
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const flag = view.getUint32(0, true)
  if (flag === 0) return { flag, label: view.getFloat32(4, true), second: Number.NaN, imageAt: HEADER }
  if (flag > (length - HEADER) / 4) return `a header announces ${flag} labels in a record of ${length} bytes`
  const second = flag > 1 ? view.getFloat32(HEADER + 4, true) : Number.NaN
  return { flag, label: view.getFloat32(HEADER, true), second, imageAt: HEADER + 4 * flag }
}
