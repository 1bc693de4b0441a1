/** Finds the records of a file that has no index, from frame to frame. */
import { basename } from 'node:path'
import type { Faults } from '../faults.ts'
import { type ScanWatcher, scanCount } from '../scan-progress.ts'
import type { RecordIndex } from './index-file.ts'
import { frameBytes, isReason, LATER_PART, type RecordFile, readOrReason } from './record-file.ts'

const FIRST_RECORDS = 2 ** 12

/** The records of a file in its order, with keys from 0. A place where no record begins is a fault and ends the scan. */
export function scanRecords(records: RecordFile, faults: Faults, watcher?: ScanWatcher): RecordIndex {
  const progress = scanCount(watcher, `finding the records of ${records.path}`)
  let found = new Float64Array(FIRST_RECORDS)
  let count = 0
  for (let at = 0; at < records.size; ) {
    const place = at
    progress.add()
    const frame = readOrReason(() => records.frame(place))
    if (isReason(frame)) {
      faults.add(`${basename(records.path)} is damaged at byte ${at}, after ${count} records: ${frame.reason}`)
      break
    }
    if (frame.flag < LATER_PART) {
      if (count === found.length) {
        const larger = new Float64Array(2 * found.length)
        larger.set(found)
        found = larger
      }
      found[count++] = at
    }
    at += frameBytes(frame)
  }
  const offsets = new Float64Array(new SharedArrayBuffer(8 * count))
  offsets.set(found.subarray(0, count))
  return { count, offsets, firstKey: 0 }
}
