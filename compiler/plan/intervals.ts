/** Intervals of verification and checkpoints that the run does not reach, which only the number of images tells. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import { planDiagnostic } from './messages.ts'

/** What the number of steps of a run follows from: if `--set` changes one, the run is a trial. */
const lengthFields = ['dataset', 'train.batch'] as const

/** Warns of intervals beyond the run in another unit than its length; those in the same unit need no plan. */
export function checkIntervals(
  experiment: Experiment,
  { steps, stepsPerEpoch }: Pick<Lengths, 'steps' | 'stepsPerEpoch'>,
  bag: DiagnosticBag,
): void {
  const { train, evaluate, checkpoint } = experiment
  const length = train.epochs === undefined ? 'train.steps' : 'train.epochs'
  const isTrial = [length, ...lengthFields].some((path) => experiment.writtenSpan(path) === undefined)
  if (isTrial || steps === 0) return
  for (const [path, every] of [
    ['evaluate.every', evaluate.every],
    ['checkpoint.every', checkpoint.every],
  ] as const) {
    if (every === undefined || train[every.unit] !== undefined || experiment.writtenSpan(path) === undefined) continue
    const first = every.unit === 'epochs' ? every.count * stepsPerEpoch : every.count
    if (first <= steps) continue
    const interval = `${every.count} ${every.unit}`
    bag.add(planDiagnostic('ARC5011', { path, interval, steps }, experiment.spanOf(path)))
  }
}
