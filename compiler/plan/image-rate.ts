/** How fast training images are made ready, beside the step. */
import type { Experiment, MachineSpec } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import type { MachineProfile } from '../host/machine-profile.ts'

type Format = Experiment['dataset']['format']

/** Bytes of decoded images that the loader of one process keeps: beyond the first epoch they cost nothing. */
export const imageCacheBytes = 2 * 2 ** 30

/** Pictures of 112 × 112 that one core reads and decodes, or draws, in a second; measured on cores of 2.5 to 3 GHz. */
const imagesPerCore: { readonly [F in Format]: number } = { folder: 1500, recordio: 1500, synthetic: 400 }

/** Images per second of all computers together; `undefined` where images cost nothing, or where nothing is known of it. */
export function imageRate(
  { dataset, backbone }: Experiment,
  lengths: Lengths,
  machine: MachineSpec,
  profile: MachineProfile | undefined,
): number | undefined {
  const [height, width, channels] = backbone.input
  if (lengths.epochs > 1 && lengths.images * height * width * channels <= imageCacheBytes) return undefined
  if (profile !== undefined) return dataset.format === 'synthetic' ? profile.images.drawn : profile.images.decoded
  return machine.cores === undefined ? undefined : machine.nodes * machine.cores * imagesPerCore[dataset.format]
}
