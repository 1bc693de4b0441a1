/** MXNet's RecordIO, as packed by InsightFace or by `im2rec`. */
import { type DataFormat, declaredClasses, rootExists, rootOf } from '../data-format.ts'
import { openRecordSet } from '../recordio/record-set.ts'

export const recordioFormat: DataFormat = {
  isHere: rootExists,
  open: (spec, watcher, needs) =>
    openRecordSet(
      {
        root: rootOf(spec),
        declared: declaredClasses(spec),
        firstLabel: spec.firstLabel,
        // Which classes are held out is known only from the labels.
        allLabels: needs?.allLabels === true || spec.holdout > 0,
      },
      watcher,
    ),
}
