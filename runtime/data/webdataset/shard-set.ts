/** A data set in WebDataset's format: tar archives ("shards") with a picture and a label for each sample. */
import { resolve } from 'node:path'
import type { Collection } from '../collection.ts'
import { keptOrRead } from '../kept/kept-labels.ts'
import type { ScanWatcher } from '../scan-progress.ts'
import type { LabelKind } from '../sources/class-numbers.ts'
import { filesAt } from '../sources/files-at.ts'
import { indexShards, type ShardIndex } from './index-shards.ts'

export interface ShardSetSpec {
  /** An archive, a folder of archives, or a pattern with braces. */
  readonly root: string
  readonly label: string | undefined
  readonly labels: LabelKind | undefined
}

/** The headers of fewer samples are read again as quickly. */
const LEAST_SAMPLES = 5000

/** All samples of all shards, in the order of the shards. Errors are those of `filesAt` and `indexShards`. */
export function openShardSet(spec: ShardSetSpec, watcher?: ScanWatcher): Collection {
  const files = filesAt(resolve(spec.root), '.tar')
  const { offsets, lengths, file, labels, classes, people, leftOut } = knownIndex(spec, files, watcher)
  return {
    name: spec.root,
    images: labels.length,
    classes,
    label: (i) => labels[i] ?? 0,
    recipe: { kind: 'ranges', files, offsets, lengths, file },
    ...(people === undefined ? {} : { people }),
    leftOut,
  }
}

/** The index that an earlier start has kept, or else the one that the shards give. */
function knownIndex(spec: ShardSetSpec, files: readonly string[], watcher: ScanWatcher | undefined): ShardIndex {
  const { label, labels } = spec
  return keptOrRead<ShardIndex>({
    key: { kind: 'webdataset', path: resolve(spec.root), settings: { label, labels } },
    files,
    least: LEAST_SAMPLES,
    read: () => indexShards(spec.root, { files, label, labels }, watcher),
    rest: ({ offsets, lengths, file }) => ({ arrays: { offsets, lengths, file }, facts: {} }),
    restore(known, { arrays: { offsets, lengths, file } }) {
      const isPlaced = offsets instanceof Float64Array && lengths instanceof Uint32Array
      return isPlaced && file instanceof Uint16Array ? { ...known, offsets, lengths, file } : undefined
    },
  })
}
