/** Intervals of verification and checkpoints, in steps. */
import type { Plan } from '../../compiler/plan/plan.ts'

type Run = Pick<Plan['run'], 'stepsPerEpoch'>
type Every = NonNullable<Plan['run']['checkpoint']['every']>

/** Steps of an interval, at least 1. */
export function periodOf({ stepsPerEpoch }: Run, { unit, count }: Every): number {
  return Math.max(1, Math.round(unit === 'steps' ? count : count * stepsPerEpoch))
}

/** Whether an interval ends after a number of steps. */
export function isDue(run: Run, every: Every | undefined, steps: number): boolean {
  return every !== undefined && steps % periodOf(run, every) === 0
}
