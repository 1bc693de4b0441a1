/** Starts the threads that prepare the pictures of a run, and opens a loader for training and one for each verification set. */
import { imageCacheBytes } from '../../compiler/plan/image-rate.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { imageBytes } from '../data/image.ts'
import type { TrainingImages } from '../data/loader/batches.ts'
import { createDamageLimit, type DamageLimit, mostDamaged } from '../data/loader/damage-limit.ts'
import type { DecodeWorkers } from '../data/loader/decode-workers.ts'
import { createLoader, type Loader } from '../data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../data/loader/start-workers.ts'
import type { PairSet } from '../data/pairs.ts'
import type { VerificationImages } from '../evaluate/embed-pairs.ts'
import type { IjbSet } from '../evaluate/ijb/ijb-set.ts'
import { verificationSlots } from '../evaluate/rounds.ts'
import type { World } from '../world.ts'
import type { RunData } from './open-data.ts'

/** Steps whose images are read ahead of the one in use. */
const stepsAhead = 2

export interface VerificationSet extends VerificationImages {
  readonly name: string
  readonly loader: Loader
  /** Set if pairs are of templates. */
  readonly templates?: IjbSet
}

export interface RunLoaders {
  readonly workers: DecodeWorkers
  readonly training: TrainingImages
  /** Steps that the ring of `training` reads ahead. */
  readonly ahead: number
  /** Set if damaged training images are skipped. */
  readonly damage: DamageLimit | undefined
  /** In the order of the run's sets. */
  readonly sets: readonly VerificationSet[]
  /** Ends the threads, also in the middle of a step. */
  dispose(): Promise<void>
}

/** About how many images a process prepares in a run: those of its steps, and those of the first and the last verification. */
function imagesToPrepare({ run }: Plan, data: RunData, { local }: World): number {
  const verified = data.sets.reduce((sum, { pairs }) => sum + pairs.images, 0)
  return run.steps * run.batchPerDevice * local + 2 * verified
}

/** Throws ARC6262, ARC6265, and errors of files. */
export async function openLoaders(plan: Plan, data: RunData, world: World): Promise<RunLoaders> {
  const { run } = plan
  const shape = run.image
  const workers = startDecodeWorkers(run.workers ?? workerCount(imagesToPrepare(plan, data, world)))
  try {
    const { train } = data
    const { damaged } = run.dataset
    const most = damaged === 'error' ? 0 : mostDamaged(damaged.atMost, train.images)
    const loader = await createLoader(
      {
        recipe: train.recipe,
        select: train.select,
        images: train.images,
        shape,
        rows: rowsPerStep(plan, world),
        slots: stepsAhead + 1,
        // A picture that is drawn once is not worth its memory.
        cacheBytes: run.epochs > 1 ? imageCacheBytes : 0,
        augment: run.augment,
        // One more than the limit, so that it is the limit that ends the run.
        mostSkipped: damaged === 'error' ? 0 : most + 1,
      },
      workers,
    )
    const sets: VerificationSet[] = []
    let cacheBytes = imageCacheBytes
    for (const { name, pairs, templates } of data.sets) {
      sets.push({
        name,
        pairs,
        ...(templates === undefined ? {} : { templates }),
        loader: await openSet(plan, pairs, world, cacheBytes, workers),
      })
      cacheBytes = Math.max(0, cacheBytes - pairs.images * imageBytes(shape))
    }
    return {
      workers,
      training: { loader, shape, label: (i) => train.label(i) },
      ahead: stepsAhead,
      damage: damaged === 'error' ? undefined : createDamageLimit(damaged.atMost, train.images),
      sets,
      async dispose() {
        loader.dispose()
        for (const set of sets) set.loader.dispose()
        await workers.dispose()
      },
    }
  } catch (error) {
    await workers.dispose()
    throw error
  }
}

function rowsPerStep({ run }: Plan, { local }: World): number {
  return run.batchPerDevice * local
}

/** A loader of the images of a verification set, which are read in every verification. */
function openSet(
  { run }: Plan,
  { recipe, images }: PairSet,
  { local }: World,
  cacheBytes: number,
  workers: DecodeWorkers,
): Promise<Loader> {
  const rows = run.embedBatch * local
  return createLoader({ recipe, images, shape: run.image, rows, slots: verificationSlots, cacheBytes }, workers)
}
