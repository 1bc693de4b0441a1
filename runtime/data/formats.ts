/**
 * Opens the images of each data set format. `compiler/schema/dataset-formats.ts` has the properties that the compiler uses;
 * `cli/host/count-dataset.ts` counts the images for the plan.
 */
import { join } from 'node:path'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { createSyntheticDataset, type Dataset } from './dataset.ts'
import { createFolderDataset, scanFolder, splitPeople } from './folder.ts'
import { folderPairs, type PairSet, syntheticPairs } from './pairs.ts'
import { openRecordDataset } from './recordio.ts'
import type { SyntheticSpec } from './synthetic.ts'

type DatasetSpec = RunSpec['dataset']

export interface OpenedDataset {
  readonly dataset: Dataset
  /** Draws this many same and different pairs of held-out identities; missing if none are held out. */
  readonly heldOut?: (half: number, seed: number) => PairSet | Promise<PairSet>
}

type OpenFormat = (spec: DatasetSpec, root: () => string) => Promise<OpenedDataset>

/** `root` returns the data set's folder, or throws if it is not set. */
export const openFormat: { readonly [F in DatasetSpec['format']]: OpenFormat } = {
  async synthetic({ identities, perIdentity, seed, nuisance, holdout }) {
    const synthetic: SyntheticSpec = {
      identities: need(identities, 'identities of synthetic data'),
      imagesPerIdentity: need(perIdentity, 'images per identity of synthetic data'),
      seed,
      nuisance,
    }
    return {
      dataset: createSyntheticDataset(synthetic),
      heldOut: (half) => syntheticPairs(synthetic, holdout, synthetic.imagesPerIdentity, half),
    }
  },
  async folder({ holdout }, root) {
    const { train, heldOut } = splitPeople(await scanFolder(root()), holdout)
    return { dataset: createFolderDataset(train), heldOut: (half, seed) => folderPairs(heldOut, half, seed) }
  },
  recordio: async (_, root) => ({ dataset: await openRecordDataset(join(root(), 'train.rec')) }),
}
