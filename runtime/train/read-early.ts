/**
 * Reads a run's first pictures while its programs are compiled or loaded. What is read stays in the caches of the loaders, so that
 * the first step and the first verification find it there; bits and order of the batches are the same without.
 */
import { batches } from '../data/loader/batches.ts'
import { createSampler } from '../data/sampler.ts'
import type { Engine } from '../engine.ts'
import { ownRounds } from '../evaluate/rounds.ts'
import type { VerificationSet } from './open-loaders.ts'
import type { Session } from './session.ts'

/** What of a session tells which pictures come first. */
type Opened = Pick<Session, 'plan' | 'data' | 'loaders' | 'signal'> & { readonly engine: Pick<Engine, 'world'> }

/** Reads this process's part of a set in the order of its verification, until `isOver`. */
async function readSet(
  { loader, pairs }: VerificationSet,
  { plan, engine }: Opened,
  isOver: () => boolean,
): Promise<void> {
  for (const { first, count } of ownRounds(pairs.images, plan.run.embedBatch, engine.world)) {
    if (!loader.keeps || isOver()) return
    const read = await loader.read(Uint32Array.from({ length: count }, (_, i) => first + i))
    read.release()
  }
}

/** Reads the batch of step `step`. */
async function readStep({ plan, data, loaders, engine }: Opened, step: number): Promise<void> {
  const { run } = plan
  const { training, workers, damage } = loaders
  // Damaged pictures that are replaced are counted, once.
  if (!training.loader.keeps || damage !== undefined || step >= run.steps) return
  const { seed, augment } = run
  const globalBatch = plan.document.schedule.batch
  const sampler = createSampler(
    { seed, images: data.train.images, globalBatch, flip: augment.flip, mix: data.mix },
    (key, epoch) => workers.epochOrder(key, epoch),
  )
  const { world } = engine
  for await (const _ of batches(training, sampler, { world, seed, from: step, to: step + 1, ahead: 1 })) return
}

/**
 * Begins to read what comes first at step `step`: a batch, and the verification sets after the first one. A picture that cannot be
 * read is reported when it is needed. `end` stops after the read under way.
 */
export function readEarly(session: Opened, step: number): { end(): void } {
  let isEnded = false
  const isOver = () => isEnded || session.signal.aborted
  const { sets, workers } = session.loaders
  const read = async () => {
    if (isOver()) return
    await readStep(session, step)
    if (step === 0) for (const set of sets) await readSet(set, session, isOver)
  }
  // Without threads, pictures are made in this one, which the compilation needs.
  if (workers.count > 0) void read().catch(() => undefined)
  return {
    end() {
      isEnded = true
    },
  }
}
