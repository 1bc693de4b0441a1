/** Reads labels from records one at a time, for sets whose labels are not all known. */
import type { RecordImages, RecordLabels } from '../collection.ts'
import { dataErrors } from '../messages.ts'
import { openRecordFile, type RecordFile } from './record-file.ts'
import { HEADER, readHeader } from './record-header.ts'

type LabelRange = Omit<RecordLabels, 'found'>

/** The class that a label stands for. Throws ARC6222 if it is no class. */
export function classOfLabel(label: number, { first, classes }: LabelRange, file: string, at: number): number {
  const found = label - first
  if (Number.isInteger(found) && found >= 0 && found < classes) return found
  throw dataErrors('ARC6222', { file, at, label, first, last: first + classes - 1 })
}

/** The label of a record by picture. The last file stays open; throws ARC6206, ARC6220 or ARC6222. */
export function createLabelReader(recipe: RecordImages, range: LabelRange): (i: number) => number {
  let records: RecordFile | undefined
  return (i) => {
    const file = recipe.files[recipe.file?.[i] ?? 0] ?? ''
    if (records?.path !== file) {
      records?.close()
      records = undefined
      records = openRecordFile(file)
    }
    const at = recipe.offsets[i] ?? 0
    const { length, bytes } = records.head(at, HEADER + 8)
    const header = readHeader(bytes, length)
    if (typeof header === 'string') throw dataErrors('ARC6220', { file, at, reason: header })
    return classOfLabel(header.label, range, file, at)
  }
}
