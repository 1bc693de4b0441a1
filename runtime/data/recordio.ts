/**
 * MXNet RecordIO as packed by InsightFace: `train.rec`, `train.idx`, `property`. A record is a u32 magic, a u32 with a 3-bit
 * continuation flag and a 29-bit length, and the payload padded to 4 bytes. A payload starts with a header of 24 bytes: u32 flag,
 * f32 label, u64 id, u64 id2; if `flag` is above 0, that number of additional f32 labels follows; then the encoded image.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cachedPictures, type Dataset } from './dataset.ts'
import { decodeImage } from './decode-image.ts'
import { toFaceSize } from './image.ts'
import { dataErrors, reasonOf } from './messages.ts'

const MAGIC = 0xced7230a
const HEADER = 24
/** Bytes to read for a label alone: the header and up to 250 labels. */
const LABEL_BYTES = 1024
/** Continuation flags: a whole record, or the first, a middle or the last part of one whose payload contains the magic. */
const WHOLE = 0
const FIRST = 1
const LAST = 3
/** No image is larger; a larger length means a damaged file. */
const MOST_BYTES = 2 ** 28

/** An open record file. Reading is synchronous: the operating system prefetches the next data into its cache. */
export interface RecordFile {
  readonly path: string
  /** The payload of the record at a byte offset. Throws ARC6220 if there is none. */
  payload(offset: number): Uint8Array
  /** The first `length` bytes of the payload at most, for headers; of the first part if a record has several. */
  start(offset: number, length: number): Uint8Array
  close(): void
}

export function openRecords(path: string): RecordFile {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  }
  const size = fstatSync(file).size
  const damaged = (at: number, reason: string) => dataErrors('ARC6220', { file: path, at, reason })
  const bytesAt = (at: number, length: number): Uint8Array => {
    if (at + length > size) throw damaged(at, `${length} bytes are needed, the file ends at ${size}`)
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const got = readSync(file, bytes, done, length - done, at + done)
      if (got === 0) throw damaged(at + done, 'the file became shorter')
      done += got
    }
    return bytes
  }
  const frame = (at: number) => {
    const view = new DataView(bytesAt(at, 8).buffer)
    if (view.getUint32(0, true) !== MAGIC) throw damaged(at, 'no record begins here')
    const word = view.getUint32(4, true)
    const length = word & 0x1fffffff
    if (length > MOST_BYTES) throw damaged(at, `a record of ${length} bytes`)
    return { part: word >>> 29, length }
  }
  return {
    path,
    payload(offset) {
      const { part, length } = frame(offset)
      if (part === WHOLE) return bytesAt(offset + 8, length)
      if (part !== FIRST) throw damaged(offset, 'this is a later part of a record')
      const magic = new Uint8Array(Uint32Array.of(MAGIC).buffer)
      const parts = [bytesAt(offset + 8, length)]
      let total = length
      for (let at = offset + 8 + Math.ceil(length / 4) * 4; ; ) {
        const next = frame(at)
        if (next.part <= FIRST) throw damaged(at, 'a record ends without its last part')
        // The writer split the payload at a magic and removed it; it is reinserted between the parts.
        parts.push(magic, bytesAt(at + 8, next.length))
        total += 4 + next.length
        if (total > MOST_BYTES) throw damaged(offset, `a record of more than ${MOST_BYTES} bytes`)
        if (next.part === LAST) break
        at += 8 + Math.ceil(next.length / 4) * 4
      }
      return new Uint8Array(Buffer.concat(parts))
    },
    start: (offset, length) => bytesAt(offset + 8, Math.min(length, frame(offset).length)),
    close: () => closeSync(file),
  }
}

interface ImageHeader {
  readonly labels: readonly number[]
  /** Offset of the encoded image in the payload. */
  readonly imageAt: number
}

function readHeader(payload: Uint8Array, damaged: (reason: string) => Error): ImageHeader {
  if (payload.length < HEADER) throw damaged(`a record of ${payload.length} bytes has no header`)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const flag = view.getUint32(0, true)
  if (flag === 0) return { labels: [view.getFloat32(4, true)], imageAt: HEADER }
  if (flag > (payload.length - HEADER) / 4) throw damaged(`a header announces ${flag} labels`)
  const labels = Array.from({ length: flag }, (_, i) => view.getFloat32(HEADER + 4 * i, true))
  return { labels, imageAt: HEADER + 4 * flag }
}

/** Parses `key<TAB>offset` lines into offsets by key. */
export function parseIndex(text: string, file: string): Map<number, number> {
  const offsets = new Map<number, number>()
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const match = /^(\d+)\t(\d+)\s*$/.exec(line)
    if (match === null) throw dataErrors('ARC6221', { file, line: i + 1, text: JSON.stringify(line.slice(0, 40)) })
    offsets.set(Number(match[1]), Number(match[2]))
  }
  return offsets
}

/** The keys of the images: InsightFace's record 0 specifies 1 … a - 1; without it every key is an image. */
function pictureKeys(records: RecordFile, offsets: ReadonlyMap<number, number>): number[] {
  const first = offsets.get(0)
  if (first !== undefined) {
    const damaged = (reason: string) => dataErrors('ARC6220', { file: records.path, at: first, reason })
    const { labels, imageAt } = readHeader(records.payload(first), damaged)
    if (imageAt > HEADER && labels.length >= 2) {
      const end = labels[0] ?? 1
      return Array.from({ length: Math.max(0, end - 1) }, (_, i) => i + 1)
    }
  }
  return [...offsets.keys()].sort((a, b) => a - b)
}

/**
 * The training images of a packed set; `path` is the `.rec` file. The number of classes comes from the `property` file. Labels
 * beyond it throw ARC6222 when they are read. The caller disposes it.
 */
export async function openRecordDataset(path: string, cacheBytes?: number): Promise<Dataset> {
  const text = async (file: string) => {
    try {
      return await readFile(file, 'utf8')
    } catch (error) {
      throw dataErrors('ARC6206', { file, reason: reasonOf(error) }, error)
    }
  }
  const indexPath = path.replace(/\.rec$/, '.idx')
  const offsets = parseIndex(await text(indexPath), indexPath)
  const propertyPath = join(dirname(path), 'property')
  const classes = Number((await text(propertyPath)).split(',')[0])
  if (!Number.isInteger(classes) || classes < 1) {
    throw dataErrors('ARC6206', { file: propertyPath, reason: 'it does not begin with the number of classes' })
  }
  const records = openRecords(path)
  const keys = pictureKeys(records, offsets)
  const offsetOf = (i: number): number => {
    const key = keys[i] ?? -1
    const offset = offsets.get(key)
    if (offset === undefined) throw dataErrors('ARC6220', { file: indexPath, at: 0, reason: `key ${key} is missing` })
    return offset
  }
  const headerOf = (i: number, payload: Uint8Array) =>
    readHeader(payload, (reason) => dataErrors('ARC6220', { file: path, at: offsetOf(i), reason }))
  const pictures = cachedPictures(
    keys.length,
    async (i) => {
      const payload = records.payload(offsetOf(i))
      const encoded = payload.subarray(headerOf(i, payload).imageAt)
      return toFaceSize(await decodeImage(encoded, `${path} record ${keys[i]}`))
    },
    cacheBytes,
  )
  return {
    ...pictures,
    name: path,
    classes,
    label(i) {
      const label = headerOf(i, records.start(offsetOf(i), LABEL_BYTES)).labels[0] ?? -1
      if (!Number.isInteger(label) || label < 0 || label >= classes)
        throw dataErrors('ARC6222', { file: path, label, classes })
      return label
    },
    dispose() {
      pictures.dispose()
      records.close()
    },
  }
}
