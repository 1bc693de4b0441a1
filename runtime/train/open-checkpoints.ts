/** Opens the checkpoints of a run, if the disk has room for them. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { checkpointBytes } from '../checkpoint/checkpoint-files.ts'
import { type CheckpointStore, openStore } from '../checkpoint/checkpoint-store.ts'
import { requireSpace } from '../checkpoint/free-space.ts'
import { checkpointErrors } from '../checkpoint/messages.ts'
import { ArccError } from '../errors.ts'
import { createJoint } from '../peers/joint.ts'
import { reasonOf } from '../system-errors.ts'
import { periodOf } from './intervals.ts'
import type { Session } from './session.ts'
import { weightsBytes } from './weights-file.ts'

/**
 * The checkpoints of a run that has done `steps` steps. Throws ARC6700 if the disk has no room for all that the run will write,
 * ARC6708 if `checkpoint.best` is not verified.
 */
export async function openCheckpoints(session: Session, steps: number): Promise<CheckpointStore> {
  const { plan, folder, data, emit, resumed, peers } = session
  const { checkpoint } = plan.run
  const { best } = checkpoint
  const sets = data.sets.map(({ name }) => name)
  if (best !== undefined && !sets.includes(best)) throw checkpointErrors('ARC6708', { best, sets })
  const store = await openStore({
    folder: folder.path,
    keep: checkpoint.keep,
    best,
    from: resumed?.checkpoint?.manifest.step,
    damaged: new Set(resumed?.damaged.map(({ step }) => step)),
    onWritten: ({ path, bytes, manifest }) =>
      emit({ type: 'saved', what: 'checkpoint', path, bytes, step: manifest.step }),
    joint: createJoint(peers, `${plan.name}/checkpoints`),
    onFailed(error) {
      // The first node says what all have met, and the loss of a node ends the run.
      if (peers.rank > 0 || peers.lost.aborted) return
      const reason = error instanceof ArccError ? error.message : reasonOf(error)
      emit({ type: 'warning', message: `${reason}; the run goes on` })
    },
  })
  await requireSpace({
    folder: folder.path,
    each: checkpointBytes(plan),
    copies: copiesToWrite(plan, steps, store.steps.length),
    beside: weightsBytes(plan),
  })
  return store
}

/** How many checkpoints are on the disk at once beyond those that exist, with the one that is being written. */
function copiesToWrite({ run }: Plan, steps: number, existing: number): number {
  const { every, keep, best } = run.checkpoint
  const atOnce = keep + 1 + (best === undefined ? 0 : 1)
  // The last one is written at the end. How often a verification is the best so far is unknown.
  const atIntervals = every === undefined ? 1 : Math.ceil((run.steps - steps) / periodOf(run, every))
  const due = best === undefined ? atIntervals : atOnce
  return Math.max(1, Math.min(atOnce - existing, due))
}
