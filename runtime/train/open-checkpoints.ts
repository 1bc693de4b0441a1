/** Opens the checkpoints of a run: enough space on the disk, and a state that fits. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { checkpointBytes } from '../checkpoint/checkpoint-files.ts'
import { type CheckpointStore, openStore } from '../checkpoint/checkpoint-store.ts'
import { requireSpace } from '../checkpoint/free-space.ts'
import { checkpointErrors } from '../checkpoint/messages.ts'
import { stateDifferences } from '../checkpoint/restore.ts'
import { ArccError } from '../errors.ts'
import { reasonOf } from '../system-errors.ts'
import { periodOf } from './intervals.ts'
import { changeText, type ResumeFrom } from './resume-from.ts'
import type { Session } from './session.ts'
import { weightsBytes } from './weights-file.ts'

/** Differences that a message lists. */
const mostShown = 5

/** Throws ARC6704 if the state of the checkpoint that a run is resumed from is not that of the plan. */
export function requireFit(plan: Plan, { checkpoint, changes }: ResumeFrom): void {
  const differences = checkpoint === undefined ? [] : stateDifferences(plan, checkpoint.types)
  if (checkpoint === undefined || differences.length === 0) return
  throw checkpointErrors('ARC6704', {
    folder: checkpoint.path,
    differences: differences.slice(0, mostShown),
    more: Math.max(0, differences.length - mostShown),
    changes: changes.map(changeText),
  })
}

/**
 * The checkpoints of a run that has done `steps` steps. Throws ARC6700 if the disk has no room for all that the run will write,
 * ARC6708 if `checkpoint.best` is not verified.
 */
export async function openCheckpoints(session: Session, steps: number): Promise<CheckpointStore> {
  const { plan, folder, data, emit, resumed } = session
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
    onFailed(error) {
      const reason = error instanceof ArccError ? error.message : reasonOf(error)
      emit({ type: 'warning', message: `${reason}; training goes on` })
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
  // The last one is written at the end.
  const due = every === undefined ? 1 : Math.ceil((run.steps - steps) / periodOf(run, every))
  return Math.max(1, Math.min(atOnce - existing, due))
}
