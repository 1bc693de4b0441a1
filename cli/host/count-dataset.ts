/** Counts a data set on this computer for the plan, from the same list of images that the run trains on. */
import type { DatasetSpec } from '../../compiler/experiment/experiment.ts'
import type { DatasetCounts, DatasetFault } from '../../compiler/host/host.ts'
import type { Collections } from '../../runtime/data/formats/data-formats.ts'
import { leftOutText } from '../../runtime/data/left-out.ts'
import { splitCollection } from '../../runtime/data/select/selection.ts'
import { ArccError } from '../../runtime/errors.ts'

/** Identities and images for training, or what is wrong with the data set; `undefined` if it is not on this computer. */
export function countDataset(spec: DatasetSpec, collections: Collections): DatasetCounts | DatasetFault | undefined {
  try {
    const collection = collections.find(spec)
    if (collection === undefined) return undefined
    const { train } = splitCollection(collection, spec.holdout)
    const leftOut = leftOutText(collection)
    return { identities: train.classes, images: train.images, ...(leftOut === '' ? {} : { leftOut }) }
  } catch (error) {
    if (!(error instanceof ArccError)) throw error
    const [fault = '', ...details] = error.message.split('\n')
    return { fault, details: error.hint === undefined ? details : [...details, error.hint] }
  }
}
