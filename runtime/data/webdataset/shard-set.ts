/** A data set in WebDataset's format: tar archives ("shards") with a picture and a label for each sample. */
import { resolve } from 'node:path'
import type { Collection } from '../collection.ts'
import type { LabelKind } from '../sources/class-numbers.ts'
import { filesAt } from '../sources/files-at.ts'
import { indexShards } from './index-shards.ts'

export interface ShardSetSpec {
  /** An archive, a folder of archives, or a pattern with braces. */
  readonly root: string
  readonly label: string | undefined
  readonly labels: LabelKind | undefined
}

/** All samples of all shards, in the order of the shards. Errors are those of `filesAt` and `indexShards`. */
export function openShardSet(spec: ShardSetSpec): Collection {
  const files = filesAt(resolve(spec.root), '.tar')
  const { offsets, lengths, file, labels, classes, people, leftOut } = indexShards(spec.root, { ...spec, files })
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
