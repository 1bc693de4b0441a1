/** Parquet files with a column of pictures and one of labels. */
import { type DataFormat, pendingOf, rootOf } from '../data-format.ts'
import { openParquetSet } from '../parquet/parquet-set.ts'
import { declaredKind } from '../sources/class-numbers.ts'
import { areFilesAt } from '../sources/files-at.ts'

export const parquetFormat: DataFormat = {
  isHere: (spec) => spec.root !== undefined && pendingOf(spec) === undefined && areFilesAt(spec.root.path),
  open: (spec, watcher) =>
    openParquetSet(
      {
        root: rootOf(spec),
        image: spec.image,
        label: spec.label,
        labels: declaredKind(spec.labels),
      },
      watcher,
    ),
}
