/** Where a run goes on, and what has changed in its experiment since. */
import type { Resumable } from '../checkpoint/newest-intact.ts'
import type { ResumedEvent } from '../events.ts'

export interface ResumeFrom extends Resumable {
  readonly changes: ResumedEvent['changes']
}

/** `train.epochs = 16, was 8` */
export function changeText({ path, before, now }: ResumedEvent['changes'][number]): string {
  return `${path} = ${now ?? 'nothing'}, was ${before ?? 'nothing'}`
}
