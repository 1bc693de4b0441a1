/** Tar archives of pictures and labels, as WebDataset reads them. */
import { type DataFormat, pendingOf, rootOf } from '../data-format.ts'
import { declaredKind } from '../sources/class-numbers.ts'
import { areFilesAt } from '../sources/files-at.ts'
import { openShardSet } from '../webdataset/shard-set.ts'

export const webdatasetFormat: DataFormat = {
  isHere: (spec) => spec.root !== undefined && pendingOf(spec) === undefined && areFilesAt(spec.root.path),
  open: (spec, watcher) =>
    openShardSet({ root: rootOf(spec), label: spec.label || undefined, labels: declaredKind(spec.labels) }, watcher),
}
