/** The rate at which training images are prepared, concurrently with the step. */
import type { MachineSpec, SettledExperiment } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import type { MachineProfile } from '../host/machine-profile.ts'
import { datasetTraits } from '../schema/dataset-formats.ts'

/** Bytes of decoded images that the loader of a process caches; after the first epoch they cost nothing. */
export const imageCacheBytes = 2 * 2 ** 30

/** Images per second over all computers; `undefined` if images cost nothing, or if their cost is unknown. */
export function imageRate(
  { dataset, backbone }: SettledExperiment,
  lengths: Lengths,
  machine: MachineSpec,
  profile: MachineProfile | undefined,
): number | undefined {
  const [height, width, channels] = backbone.input
  if (lengths.epochs > 1 && lengths.images * height * width * channels <= imageCacheBytes) return undefined
  const { images, imagesPerCore } = datasetTraits[dataset.format]
  if (profile !== undefined) return profile.images[images]
  return machine.cores === undefined ? undefined : machine.nodes * machine.cores * imagesPerCore
}
