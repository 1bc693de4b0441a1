/** Where a run goes on, and what has changed in its experiment since. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { checkpointErrors } from '../checkpoint/messages.ts'
import type { Resumable } from '../checkpoint/newest-intact.ts'
import { stateDifferences } from '../checkpoint/restore.ts'
import type { ResumedEvent } from '../events.ts'

/** Differences that a message lists. */
const mostShown = 5

export interface ResumeFrom extends Resumable {
  readonly changes: ResumedEvent['changes']
}

/** `train.epochs = 16, was 8` */
export function changeText({ path, before, now }: ResumedEvent['changes'][number]): string {
  return `${path} = ${now ?? 'nothing'}, was ${before ?? 'nothing'}`
}

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
