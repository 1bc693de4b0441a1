/** Reads one record file of a set and looks at its records: all of them, or a spread. */
import { basename } from 'node:path'
import { rangeAt } from '../class-ranges.ts'
import type { Faults } from '../faults.ts'
import { type ScanWatcher, scanCount } from '../scan-progress.ts'
import { slackOf } from './announcement.ts'
import { createExaminer, type Examiner, NO_LABEL } from './examine.ts'
import type { RecordPart } from './find-parts.ts'
import { keepPartIndex, keptPartIndex, originOfPart } from './index-cache.ts'
import { type SeenLabels, seeLabel } from './labels.ts'
import { type PartIndex, readPartIndex } from './part-index.ts'
import { openRecordFile, type RecordFile } from './record-file.ts'

/** Records of a large set that are looked at, spread evenly. */
const SPREAD = 512

/** A part of a set while it is checked. */
export interface OpenPart {
  readonly part: RecordPart
  readonly records: RecordFile
  index: PartIndex
  /** Whether `index` has something that is not kept yet. */
  isNew: boolean
  /** What the index depends on, from before it was read. */
  readonly origin: string | undefined
}

/** Throws ARC6206 for files that cannot be read. */
export function openPart(part: RecordPart, faults: Faults, watcher: ScanWatcher | undefined): OpenPart {
  const records = openRecordFile(part.recordPath)
  try {
    const origin = originOfPart(part)
    const kept = keptPartIndex(part, origin)
    return {
      part,
      records,
      index: kept ?? readPartIndex(records, part.indexPath, faults, watcher),
      isNew: kept === undefined,
      origin,
    }
  } catch (error) {
    records.close()
    throw error
  }
}

export function keyOf({ firstKey, keys }: PartIndex, i: number): number {
  return keys === undefined ? firstKey + i : (keys[i] ?? 0)
}

/**
 * The class of picture `i` by the identity records; `undefined` if there are none, or if the picture is so near to the edge of a class
 * that f32 rounding leaves it open.
 */
export function classInRanges({ classStarts, firstKey }: PartIndex, i: number): number | undefined {
  if (classStarts === undefined) return undefined
  const key = firstKey + i
  const found = rangeAt(classStarts, key)
  const [start, end] = [classStarts[found] ?? 0, classStarts[found + 1] ?? 0]
  const slack = slackOf(end)
  return key >= start + slack && (slack === 0 || key < end - slack) ? found : undefined
}

/** Notes the records behind the end of the file; returns the picture with the largest offset. */
function checkEnds({ index: { offsets, ...index }, records }: OpenPart, examiner: Examiner): number {
  let last = 0
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] ?? 0
    if (i > 0 && offset === offsets[i - 1]) examiner.twice(keyOf({ offsets, ...index }, i))
    if (offset > (offsets[last] ?? 0)) last = i
    if (offset >= records.size) examiner.beyond(keyOf({ offsets, ...index }, i))
  }
  return last
}

/** The numbers of the pictures of a spread, ascending: the first, the last and those between. */
export function spread(count: number, also: number): number[] {
  const even = Array.from({ length: Math.min(SPREAD, count) }, (_, i) =>
    Math.floor((i * (count - 1)) / Math.max(1, Math.min(SPREAD, count) - 1)),
  )
  return [...new Set([...even, also])].sort((a, b) => a - b)
}

export interface Examination {
  /** Whether all records are looked at, or a spread. */
  readonly all: boolean
  readonly firstLabel: number
  /** The labels that are found are added. */
  readonly seen: SeenLabels
  readonly faults: Faults
  readonly watcher: ScanWatcher | undefined
}

/**
 * Looks at all records of a part or at a spread of them, and notes what is wrong. All labels are kept in the index. Identity records
 * that disagree with the labels of the pictures are dropped.
 */
export function examinePart(open: OpenPart, { all, firstLabel, seen, faults, watcher }: Examination): void {
  const { records, part, index, isNew } = open
  const { offsets } = index
  if (offsets.length === 0) return
  const examiner = createExaminer(records, part.indexPath, faults)
  const file = basename(part.recordPath)
  const last = isNew ? checkEnds(open, examiner) : 0
  const place = (i: number) => `record ${keyOf(index, i)} of ${file}`
  const look = (i: number): number => {
    const offset = offsets[i] ?? 0
    const label = offset < records.size ? examiner.label(offset, keyOf(index, i)) : NO_LABEL
    if (label !== NO_LABEL) seeLabel(seen, label, i, place)
    return label
  }
  if (!all) {
    const wrong = spread(offsets.length, last).some((i) => {
      const label = look(i)
      const known = classInRanges(index, i)
      return label !== NO_LABEL && known !== undefined && label - firstLabel !== known
    })
    if (wrong) open.index = withoutRanges(index)
  } else if (index.labels === undefined) {
    const labels = new Int32Array(new SharedArrayBuffer(4 * offsets.length))
    const progress = scanCount(watcher, `reading the labels of ${part.recordPath}`, offsets.length)
    for (let i = 0; i < offsets.length; i++) {
      labels[i] = look(i)
      progress.add()
    }
    open.index = { ...index, labels }
    open.isNew = true
  } else for (let i = 0; i < offsets.length; i++) seeLabel(seen, index.labels[i] ?? 0, i, place)
  examiner.report()
}

function withoutRanges({ classStarts: _, ...index }: PartIndex): PartIndex {
  return index
}

/** Closes the file; if the set has no faults, its index is kept for the next start. */
export function closePart({ part, records, index, isNew, origin }: OpenPart, keep: boolean): void {
  records.close()
  if (keep && isNew) keepPartIndex(part, origin, index)
}
