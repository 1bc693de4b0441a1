/** MXNet's RecordIO, as packed by InsightFace or by `im2rec`. */
import { type DataFormat, declaredClasses, rootExists, rootOf } from '../data-format.ts'
import { openRecordSet } from '../recordio/record-set.ts'

export const recordioFormat: DataFormat = {
  isHere: rootExists,
  open: (spec) => openRecordSet({ root: rootOf(spec), declared: declaredClasses(spec), firstLabel: spec.firstLabel }),
}
