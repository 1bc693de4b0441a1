/** The data formats by name. `compiler/schema/dataset-formats.ts` has what the compiler knows about each. */
import type { Collection } from '../collection.ts'
import type { DataFormat, DataSpec, ListingNeeds } from '../data-format.ts'
import { createFaults } from '../faults.ts'
import type { ScanWatcher } from '../scan-progress.ts'
import { folderFormat } from './folder.ts'
import { listFormat } from './list.ts'
import { mixedFormat } from './mixed.ts'
import { parquetFormat } from './parquet.ts'
import { recordioFormat } from './recordio.ts'
import { syntheticFormat } from './synthetic.ts'
import { webdatasetFormat } from './webdataset.ts'

export const dataFormats: { readonly [F in DataSpec['format']]: DataFormat } = {
  synthetic: syntheticFormat,
  folder: folderFormat,
  recordio: recordioFormat,
  list: listFormat,
  webdataset: webdatasetFormat,
  parquet: parquetFormat,
  mixed: mixedFormat((spec) => dataFormats[spec.format]),
}

/**
 * Lists the images of a data set that is on this computer, as `DataFormat.open` describes it. With `allLabels`, every label is read
 * and checked. Throws ARC6240 also if all pictures have one class.
 */
export function openCollection(spec: DataSpec, watcher?: ScanWatcher, allLabels = false): Collection {
  watcher?.begin(spec.root?.path ?? spec.file?.path ?? spec.name)
  try {
    return severalClasses(dataFormats[spec.format].open(spec, watcher, { allLabels }))
  } finally {
    watcher?.end()
  }
}

/** Throws ARC6240 if all pictures have one class. Sets of a mix may: only the whole mix is checked. */
function severalClasses(collection: Collection): Collection {
  const { name, images, classes, people, recipe } = collection
  if (classes === 1 && images > 1 && recipe.kind !== 'drawn') {
    const faults = createFaults(name)
    faults.add(`all pictures have the label ${people?.[0] ?? 0}: there is nothing to tell apart`)
    faults.throwIfAny()
  }
  return collection
}

/** Opens collections, each only once while the same data set is asked for again: the run reads what the plan has listed. */
export interface Collections {
  /** As `openCollection`. */
  open(spec: DataSpec, needs?: Pick<ListingNeeds, 'allLabels'>): Collection
  /** The same; `undefined` if the data set is not on this computer. */
  find(spec: DataSpec): Collection | undefined
}

/** Keeps the last collection only, because one can have hundreds of megabytes; `watcher` is told how far listing is. */
export function createCollections(watcher?: ScanWatcher): Collections {
  let last: { readonly key: string; readonly allLabels: boolean; readonly collection: Collection } | undefined
  const open = (spec: DataSpec, { allLabels = false }: Pick<ListingNeeds, 'allLabels'> = {}) => {
    const key = JSON.stringify(spec, (name, value) => (name === 'span' ? undefined : value))
    if (last?.key !== key || (allLabels && !last.allLabels))
      last = { key, allLabels, collection: openCollection(spec, watcher, allLabels) }
    return last.collection
  }
  return { open, find: (spec) => (dataFormats[spec.format].isHere(spec) ? open(spec) : undefined) }
}
