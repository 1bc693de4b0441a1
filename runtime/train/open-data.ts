/** Opens what a plan trains on and what it verifies on. */
import { join } from 'node:path'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import { createSyntheticDataset, type Dataset } from '../data/dataset.ts'
import { createFolderDataset, type FolderIndex, scanFolder, splitPeople } from '../data/folder.ts'
import { folderPairs, type PairSet, readBinPairs, syntheticPairs } from '../data/pairs.ts'
import { openRecordDataset } from '../data/recordio.ts'
import type { SyntheticSpec } from '../data/synthetic.ts'
import { trainErrors } from './messages.ts'

type DatasetSpec = RunSpec['dataset']

export interface RunData {
  readonly dataset: Dataset
  readonly sets: readonly NamedPairs[]
  /** Sets that lie in the data set's folder, and generated data has none: the run is not verified on them. */
  readonly absent: readonly string[]
  dispose(): void
}

export interface NamedPairs {
  /** As the experiment names it. */
  readonly name: string
  readonly pairs: PairSet
}

export async function openData(run: RunSpec): Promise<RunData> {
  const { dataset, heldOut } = await openDataset(run.dataset)
  const sets: NamedPairs[] = []
  const absent = run.evaluate.sets.filter((name) => run.dataset.root === undefined && liesInFolder(name))
  const present = run.evaluate.sets.filter((name) => !absent.includes(name))
  try {
    if (dataset.classes !== run.classes) throw trainErrors('ARC6501', { planned: run.classes, found: dataset.classes })
    for (const name of present) sets.push({ name, pairs: await openPairs(name, run, heldOut) })
  } catch (error) {
    dataset.dispose()
    throw error
  }
  return {
    dataset,
    sets,
    absent,
    dispose() {
      dataset.dispose()
      for (const set of sets) set.pairs.dispose()
    },
  }
}

/** People for the `holdout` set. */
type HeldOut = { readonly folder: FolderIndex } | { readonly synthetic: SyntheticSpec } | undefined

async function openDataset(spec: DatasetSpec): Promise<{ dataset: Dataset; heldOut: HeldOut }> {
  switch (spec.format) {
    case 'synthetic': {
      const synthetic: SyntheticSpec = {
        identities: need(spec.identities, 'identities of synthetic data'),
        imagesPerIdentity: need(spec.perIdentity, 'images per identity of synthetic data'),
        seed: spec.seed,
        nuisance: spec.nuisance,
      }
      return { dataset: createSyntheticDataset(synthetic), heldOut: { synthetic } }
    }
    case 'folder': {
      const { train, heldOut } = splitPeople(await scanFolder(rootOf(spec)), spec.holdout)
      return { dataset: createFolderDataset(train), heldOut: { folder: heldOut } }
    }
    case 'recordio':
      return { dataset: await openRecordDataset(join(rootOf(spec), 'train.rec')), heldOut: undefined }
  }
}

function rootOf(spec: DatasetSpec): string {
  const root = need(spec.root, 'the root of a data set on disk')
  if (root.pending !== undefined) throw trainErrors('ARC6502', { dataset: spec.name, pending: root.pending })
  return root.path
}

/** `holdout` is made of the data set itself, and a path ends in `.bin`. */
const liesInFolder = (set: string) => set !== 'holdout' && !set.endsWith('.bin')

function openPairs(name: string, run: RunSpec, heldOut: HeldOut): Promise<PairSet> | PairSet {
  const spec = run.dataset
  if (name !== 'holdout') {
    return readBinPairs(!liesInFolder(name) ? name : join(rootOf(spec), `${name}.bin`))
  }
  const half = run.evaluate.pairs / 2
  if (heldOut === undefined || spec.holdout === 0) throw trainErrors('ARC6503', { dataset: spec.name })
  if ('folder' in heldOut) return folderPairs(heldOut.folder, half, run.seed)
  if ('synthetic' in heldOut) {
    return syntheticPairs(heldOut.synthetic, spec.holdout, heldOut.synthetic.imagesPerIdentity, half)
  }
  return bug('a data set of no known kind')
}
