/** Looks at the records of pictures without decoding them: frame, header, label. */
import { basename } from 'node:path'
import { type Cases, createCases, type Faults } from '../faults.ts'
import { isReason, type RecordFile, readOrReason } from './record-file.ts'
import { HEADER, readHeader } from './record-header.ts'

/** Bytes that hold a frame's header with one label behind it. */
const HEAD_BYTES = HEADER + 8

/** A label that stands for one that could not be read. */
export const NO_LABEL = -(2 ** 31)

export interface Examiner {
  /** Notes a record that lies behind the end of the file. */
  beyond(key: number): void
  /** Notes a record at the place of the one before it. */
  twice(key: number): void
  /** The label of the record at an offset in the file; `NO_LABEL` after noting what is wrong with it. `key` is for messages. */
  label(offset: number, key: number): number
  /** Adds what was found wrong to the faults. */
  report(): void
}

/** Examines records of one file; the faults of many records are counted, with a few examples. */
export function createExaminer(records: RecordFile, indexPath: string | undefined, faults: Faults): Examiner {
  const file = basename(records.path)
  const beyond = createCases()
  const twice = createCases()
  const damaged = createCases()
  const empty = createCases()
  const odd = createCases()
  const isBroken = (reason: string, offset: number, key: number) => {
    damaged.add(() => `record ${key} at byte ${offset} (${reason})`)
    return NO_LABEL
  }
  const labelOf = (offset: number, key: number): number => {
    const head = readOrReason(() => records.head(offset, HEAD_BYTES))
    if (isReason(head)) return isBroken(head.reason, offset, key)
    const { length, bytes } = head
    const header = readHeader(bytes, length)
    if (typeof header === 'string') return isBroken(header, offset, key)
    if (header.imageAt >= length) {
      empty.add(() => `${key}`)
      return NO_LABEL
    }
    const { label } = header
    if (!Number.isInteger(label) || Math.abs(label) >= 2 ** 31) {
      odd.add(() => `${label} of record ${key}`)
      return NO_LABEL
    }
    return label
  }
  return {
    beyond: (key) => beyond.add(() => `${key}`),
    twice: (key) => twice.add(() => `${key}`),
    label: labelOf,
    report() {
      const source = indexPath === undefined ? file : basename(indexPath)
      const count = (cases: Cases, one: string, many: string) => `${cases.count} ${cases.count === 1 ? one : many}`
      if (beyond.count > 0) {
        faults.add(
          `${file} ends at byte ${records.size}, before ${count(beyond, 'record', 'records')} of ${source} (${beyond.examples()}): it was cut short, or the two come from different packings; copy both again`,
        )
      }
      if (twice.count > 0) {
        faults.add(
          `${source} has ${count(twice, 'record', 'records')} at the place of the record before (${twice.examples()}): remove ${source}, and the records are found in ${file}`,
        )
      }
      if (damaged.count > 0) {
        faults.add(`${file} has ${count(damaged, 'damaged record', 'damaged records')}: ${damaged.examples()}`)
      }
      if (empty.count > 0) {
        faults.add(`${file} has ${count(empty, 'record', 'records')} without a picture: ${empty.examples()}`)
      }
      if (odd.count > 0) {
        faults.add(`${file} has ${count(odd, 'label that is', 'labels that are')} no whole number: ${odd.examples()}`)
      }
    },
  }
}
