/** The pictures of one record file: where they lie, and what is known of their classes without reading all of them. */
import { basename } from 'node:path'
import { createCases, type Faults } from '../faults.ts'
import type { ScanWatcher } from '../scan-progress.ts'
import { type Announcement, pictureEndOf, readAnnouncement, readClassStarts } from './announcement.ts'
import { keyAt, positionOf, type RecordIndex, readIndexFile } from './index-file.ts'
import { frameBytes, isReason, LATER_PART, type RecordFile, readOrReason } from './record-file.ts'
import { scanRecords } from './scan-records.ts'

/** One record file as its index and record 0 describe it; picture `i` is the i-th by key. */
export interface PartIndex {
  /** Byte offset of each picture. */
  readonly offsets: Float64Array<SharedArrayBuffer>
  /** The key of picture `i` is `firstKey + i`, unless there are `keys`. */
  readonly firstKey: number
  readonly keys?: Uint32Array<SharedArrayBuffer>
  /**
   * From identity records: the key of the first picture of each class, rounded as f32 is, and the end of the last class. The keys are
   * consecutive then.
   */
  readonly classStarts?: Float64Array<SharedArrayBuffer>
  /** The byte from which the file has records that its index does not list. */
  readonly restAt?: number
  /** The labels as the records state them, if all were read. */
  readonly labels?: Int32Array<SharedArrayBuffer>
}

/** Notes the pictures that record 0 announces and the index lacks; `source` is the file with the index. */
function reportMissing(index: RecordIndex, end: number, source: string, faults: Faults): void {
  const from = positionOf(index, 1)
  const to = positionOf(index, end)
  const missing = end - 1 - (to - from)
  if (missing <= 0) return
  const keys = createCases()
  let next = 1
  for (let i = from; i < to && keys.count <= 3; i++) {
    for (; next < keyAt(index, i) && keys.count <= 3; next++) keys.add(() => `${next}`)
    next = keyAt(index, i) + 1
  }
  for (; next < end && keys.count <= 3; next++) keys.add(() => `${next}`)
  const what = missing === 1 ? '1 record' : `${missing} records`
  const fix = source.endsWith('.idx') ? ', or remove it: the records are then found in the .rec file' : ''
  faults.add(
    `${source} lacks ${what} of the ${end - 1} that record 0 announces: ${keys.examples()}; copy it again${fix}`,
  )
}

/** The pictures between two positions of an index. */
function picturesOf({ offsets, firstKey, keys }: RecordIndex, from: number, to: number): PartIndex {
  return keys === undefined
    ? { offsets: offsets.subarray(from, to), firstKey: firstKey + from }
    : { offsets: offsets.subarray(from, to), firstKey: keys[from] ?? 0, keys: keys.subarray(from, to) }
}

function announced(
  index: RecordIndex,
  records: RecordFile,
  announcement: Announcement,
  source: string,
  faults: Faults,
): PartIndex {
  const end = pictureEndOf(index, records, announcement)
  reportMissing(index, end, source, faults)
  const [from, to] = [positionOf(index, 1), positionOf(index, end)]
  const pictures = picturesOf(index, from, to)
  const consecutive = to - from === end - 1
  const classStarts = consecutive ? readClassStarts(index, records, [to, index.count], end) : undefined
  return classStarts === undefined ? pictures : { ...pictures, classStarts }
}

/**
 * The offset of records behind the last one of an index that nothing announces: the index was made for a part of the file, or it is
 * incomplete. It certainly is if it ends within a line, which is a fault.
 */
function findRest(index: RecordIndex, records: RecordFile, source: string, faults: Faults): number | undefined {
  const { offsets } = index
  let last = 0
  for (let i = 0; i < offsets.length; i++) last = Math.max(last, offsets[i] ?? 0)
  const end = readOrReason(() => last + frameBytes(records.frame(last)))
  if (typeof end !== 'number' || end >= records.size) return undefined
  const next = readOrReason(() => records.frame(end))
  if (isReason(next) || next.flag >= LATER_PART) return undefined
  if (index.isCut) {
    const file = basename(records.path)
    faults.add(`${source} ends within a line, and ${file} has more records from byte ${end} on; copy both again`)
  }
  return end
}

/**
 * Reads the index of a record file, or finds the records in the file itself if it has none. Faults are noted; throws ARC6206 for
 * files that cannot be read.
 */
export function readPartIndex(
  records: RecordFile,
  indexPath: string | undefined,
  faults: Faults,
  watcher?: ScanWatcher,
): PartIndex {
  const index = indexPath === undefined ? scanRecords(records, faults, watcher) : readIndexFile(indexPath, faults)
  const source = basename(indexPath ?? records.path)
  if (index.count === 0) faults.add(`${source} has no records; copy it again`)
  const announcement = readAnnouncement(index, records)
  if (announcement === undefined) {
    const restAt = findRest(index, records, source, faults)
    return { ...picturesOf(index, 0, index.count), ...(restAt === undefined ? {} : { restAt }) }
  }
  return announced(index, records, announcement, source, faults)
}
