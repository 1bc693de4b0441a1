/** Opens the encoded images in RecordIO files. */
import type { EncodedImages, RecordImages } from '../collection.ts'
import { dataErrors } from '../messages.ts'
import { classOfLabel } from './read-label.ts'
import { openRecordFile, type RecordFile } from './record-file.ts'
import { readHeader } from './record-header.ts'

/** Each file is opened when its first image is read. `read` throws ARC6206, ARC6220, or ARC6222. */
export function openRecordImages(recipe: RecordImages): EncodedImages {
  const { files, offsets, file, firstKey, labels } = recipe
  const opened: (RecordFile | undefined)[] = []
  const fileOf = (i: number): RecordFile => {
    const number = file?.[i] ?? 0
    const known = opened[number]
    if (known !== undefined) return known
    const records = openRecordFile(files[number] ?? '')
    opened[number] = records
    return records
  }
  return {
    read(i) {
      const records = fileOf(i)
      const at = offsets[i] ?? Number.NaN
      const payload = records.payload(at)
      const header = readHeader(payload)
      if (typeof header === 'string') throw dataErrors('ARC6220', { file: records.path, at, reason: header })
      if (labels !== undefined) labels.found[i] = classOfLabel(header.label, labels, records.path, at) + 1
      return payload.subarray(header.imageAt)
    },
    nameOf(i) {
      const path = files[file?.[i] ?? 0] ?? ''
      return firstKey === undefined ? `${path} at byte ${offsets[i]}` : `${path} record ${firstKey + i}`
    },
    close() {
      for (const records of opened) records?.close()
      opened.length = 0
    },
  }
}
