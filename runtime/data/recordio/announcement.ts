/**
 * Record 0 as InsightFace's packer writes it: a header with two labels [a, b] and no image. Pictures have the keys 1 … a - 1. The keys
 * from a to b - 1 are identity records, one for each class, with two labels [first, end): the keys of its pictures.
 *
 * Labels are f32, so numbers above 2^24 are rounded: of Glint360K's 17 million keys, the last ones to even numbers.
 */
import { keyAt, positionOf, type RecordIndex } from './index-file.ts'
import { isReason, type RecordFile, readOrReason } from './record-file.ts'
import { HEADER, type RecordHeader, readHeader } from './record-header.ts'

/** Bytes of the payload of record 0 and of an identity record. */
const RANGE_BYTES = HEADER + 8
/** Whole numbers up to this one are exact in f32. */
const EXACT = 2 ** 24
/** Identity records are small and lie together, so that many are read at once. */
const BLOCK = 2 ** 20

/** How far f32 rounding can move a whole number: half the distance between neighbours. */
export function slackOf(value: number): number {
  return value <= EXACT ? 0 : 2 ** (Math.floor(Math.log2(value)) - 24)
}

/** The header of a record that is two labels and nothing else; `undefined` for any other record. */
function rangeHeader(records: RecordFile, offset: number): RecordHeader | undefined {
  if (offset >= records.size) return undefined
  const head = readOrReason(() => records.head(offset, RANGE_BYTES))
  if (isReason(head) || head.length !== RANGE_BYTES) return undefined
  const header = readHeader(head.bytes)
  return typeof header !== 'string' && header.flag === 2 ? header : undefined
}

/** The two bounds in record 0, as they are written; `undefined` if record 0 is a picture or is missing. */
export interface Announcement {
  readonly pictureEnd: number
  readonly identityEnd: number
}

export function readAnnouncement(index: RecordIndex, records: RecordFile): Announcement | undefined {
  if (index.count === 0 || keyAt(index, 0) !== 0) return undefined
  const header = rangeHeader(records, index.offsets[0] ?? 0)
  if (header === undefined) return undefined
  const { label: pictureEnd, second: identityEnd } = header
  return pictureEnd >= 1 && identityEnd >= pictureEnd ? { pictureEnd, identityEnd } : undefined
}

/**
 * The key after the last picture. Where f32 has rounded it, that is the first identity record near the announced key or, without
 * identity records, the end of the index.
 */
export function pictureEndOf(index: RecordIndex, records: RecordFile, { pictureEnd }: Announcement): number {
  const slack = slackOf(pictureEnd)
  if (slack === 0) return pictureEnd
  const last = positionOf(index, pictureEnd + slack + 1)
  for (let i = positionOf(index, pictureEnd - slack); i < last; i++) {
    if (rangeHeader(records, index.offsets[i] ?? 0) !== undefined) return keyAt(index, i)
  }
  const end = keyAt(index, index.count - 1) + 1
  return Math.abs(end - pictureEnd) <= slack ? end : pictureEnd
}

/**
 * The key of the first picture of each class, from the identity records `from` … `to` - 1 of the index, and the end of the last class;
 * rounded as f32 is. `undefined` if they are not ranges in ascending order that cover the pictures from key 1 to `pictureEnd`.
 */
export function readClassStarts(
  index: RecordIndex,
  records: RecordFile,
  [from, to]: readonly [number, number],
  pictureEnd: number,
): Float64Array<SharedArrayBuffer> | undefined {
  if (to <= from) return undefined
  const starts = new Float64Array(new SharedArrayBuffer(8 * (to - from + 1)))
  let blockAt = 0
  let block: DataView = new DataView(new ArrayBuffer(0))
  let end = 1
  for (let i = from; i < to; i++) {
    const offset = index.offsets[i] ?? 0
    let at = offset - blockAt
    if (at < 0 || at + 8 + RANGE_BYTES > block.byteLength) {
      const bytes = records.bytes(offset, BLOCK)
      ;[blockAt, block, at] = [offset, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0]
      if (block.byteLength < 8 + RANGE_BYTES) return undefined
    }
    const isRange = block.getUint32(at + 4, true) === RANGE_BYTES && block.getUint32(at + 8, true) === 2
    const first = block.getFloat32(at + 8 + HEADER, true)
    if (!isRange || Math.abs(first - end) > slackOf(end) + slackOf(first)) return undefined
    starts[i - from] = first
    end = block.getFloat32(at + 12 + HEADER, true)
    if (!(end >= first)) return undefined
  }
  starts[to - from] = pictureEnd
  return Math.abs(end - pictureEnd) <= slackOf(end) ? starts : undefined
}
