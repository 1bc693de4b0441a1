/**
 * Records as MXNet writes them, byte for byte. A frame (dmlc-core's RecordIO) is a u32 magic, a u32 with a 3-bit continuation flag
 * and a 29-bit length, and the payload padded with zeros to 4 bytes. A payload that contains the magic at a multiple of 4 is split
 * there, and the magic left out: the first part has flag 1, middle parts 2, the last 3, a whole record 0. A payload (MXNet's
 * `IRHeader`, struct `IfQQ`) is u32 flag, f32 label, u64 id, u64 id2, then `flag` more f32 labels, then the encoded picture. All
 * numbers are little-endian.
 */
import { packErrors } from './messages.ts'

const MAGIC = 0xced7230a
const magicBytes = Uint8Array.of(0x0a, 0x23, 0xd7, 0xce)
const HEADER = 24
const FRAME = 8
/** The first payload length that does not fit in 29 bits. */
const TOO_LONG = 2 ** 29
const WHOLE = 0
const FIRST = 1
const MIDDLE = 2
const LAST = 3

/** The largest integer up to which every integer is a 32-bit float. */
export const MOST_EXACT_FLOAT = 2 ** 24

/** Offsets of the magic at multiples of 4. */
function magicsIn(payload: Uint8Array): number[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const found: number[] = []
  for (let at = bytes.indexOf(magicBytes); at >= 0; ) {
    const aligned = at % 4 === 0
    if (aligned) found.push(at)
    at = bytes.indexOf(magicBytes, aligned ? at + 4 : at + 1)
  }
  return found
}

/** The frame of one record, of all its parts. `name` is for errors: ARC6413 if the payload has 2^29 bytes or more. */
export function recordFrame(payload: Uint8Array, name: string): Uint8Array {
  if (payload.length >= TOO_LONG) throw packErrors('ARC6413', { picture: name, bytes: payload.length })
  const cuts = magicsIn(payload)
  const padded = Math.ceil(payload.length / 4) * 4
  // Each cut replaces the 4 bytes of a magic in the payload by the 8 bytes of a further frame.
  const frame = new Uint8Array(FRAME + padded + cuts.length * (FRAME - 4))
  const view = new DataView(frame.buffer)
  let at = 0
  let from = 0
  const put = (flag: number, end: number) => {
    view.setUint32(at, MAGIC, true)
    view.setUint32(at + 4, ((flag << 29) | (end - from)) >>> 0, true)
    frame.set(payload.subarray(from, end), at + FRAME)
    at += FRAME + (end - from)
  }
  for (const cut of cuts) {
    put(from === 0 ? FIRST : MIDDLE, cut)
    from = cut + 4
  }
  put(from === 0 ? WHOLE : LAST, payload.length)
  return frame
}

function header(flag: number, label: number, id: number, length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(HEADER + length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, flag, true)
  view.setFloat32(4, label, true)
  view.setBigUint64(8, BigInt(id), true)
  return { bytes, view }
}

/** The payload of a picture of one label. */
export function picturePayload(label: number, id: number, encoded: Uint8Array): Uint8Array {
  const { bytes } = header(0, label, id, encoded.length)
  bytes.set(encoded, HEADER)
  return bytes
}

/**
 * The payload of a record without a picture. In InsightFace's layout record 0 has [first key of an identity, one past the last],
 * and the record of an identity has [first key of its pictures, one past the last].
 */
export function rangePayload(first: number, end: number, id: number): Uint8Array {
  const { bytes, view } = header(2, 0, id, 8)
  view.setFloat32(HEADER, first, true)
  view.setFloat32(HEADER + 4, end, true)
  return bytes
}
