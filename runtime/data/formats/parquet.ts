/** Parquet files with a column of pictures and one of labels. */
import { need } from '../../../grammar/diagnostic.ts'
import { type DataFormat, pendingOf, rootOf } from '../data-format.ts'
import { openParquetSet } from '../parquet/parquet-set.ts'
import { areFilesAt } from '../sources/files-at.ts'

export const parquetFormat: DataFormat = {
  isHere: (spec) => spec.root !== undefined && pendingOf(spec) === undefined && areFilesAt(spec.root.path),
  open: (spec) =>
    openParquetSet({
      root: rootOf(spec),
      image: need(spec.image, 'the column of pictures'),
      label: need(spec.label, 'the column of labels'),
      labels: spec.labels,
    }),
}
