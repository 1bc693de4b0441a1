/** Durations that the run does not reach: milestones and the warmup of a schedule, intervals of verification and checkpoints. */
import type { Span } from '../../grammar/source.ts'
import type { Context } from '../evaluate/context.ts'
import { showValue } from '../evaluate/show.ts'
import type { ExperimentPath, TrainSpec } from '../experiment/experiment.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import type { ExperimentFields } from './fields.ts'
import { itemSpan } from './item-span.ts'

type Duration = Extract<Value, { kind: 'duration' }>

const intervals: readonly ExperimentPath[] = ['evaluate.every', 'checkpoint.every']

/**
 * Warns of durations at or beyond the end of the run, if both are in the same unit: the data set is not known here. A length from
 * `--set` is that of a trial, whose schedule is of no interest.
 */
export function checkDurations(
  schedule: ObjectValue,
  { epochs, steps }: Pick<TrainSpec, 'epochs' | 'steps'>,
  fields: ExperimentFields,
  context: Context,
): void {
  const isTrial = fields.resolved.some(
    ({ path, origin }) => (path === 'train.epochs' || path === 'train.steps') && origin === 'override',
  )
  if (isTrial) return
  const lengths = { epochs, steps }
  /** The length of the run in the unit of a duration. */
  const lengthFor = (duration: Duration): Duration | undefined => {
    const count = lengths[duration.unit]
    return count === undefined ? undefined : { ...duration, count }
  }
  checkMilestones(schedule, lengthFor, fields.span('train.schedule'), context)
  checkWarmup(schedule, lengthFor, fields.span('train.schedule'), context)
  for (const path of intervals) {
    const interval = fields.value(path)
    const length = interval.kind === 'duration' ? lengthFor(interval) : undefined
    if (interval.kind !== 'duration' || length === undefined || length.count === 0) continue
    if (interval.count <= length.count) continue
    const found = { path, interval: showValue(interval), length: showValue(length) }
    context.session.bag.add(evaluateDiagnostic('ARC4286', found, fields.span(path)))
  }
}

type LengthFor = (duration: Duration) => Duration | undefined

function checkMilestones(schedule: ObjectValue, lengthFor: LengthFor, span: Span, context: Context): void {
  for (const [name, value] of schedule.arguments)
    for (const [index, item] of (value.kind === 'list' ? value.items : []).entries()) {
      const length = item.kind === 'duration' ? lengthFor(item) : undefined
      if (item.kind !== 'duration' || length === undefined || item.count < length.count) continue
      const found = { schedule: schedule.decl.name.text, milestone: showValue(item), length: showValue(length) }
      context.session.bag.add(evaluateDiagnostic('ARC4247', found, itemSpan(schedule.places.get(name) ?? span, index)))
      return
    }
}

function checkWarmup(schedule: ObjectValue, lengthFor: LengthFor, span: Span, context: Context): void {
  const warmup = schedule.arguments.get('warmup')
  const length = warmup?.kind === 'duration' ? lengthFor(warmup) : undefined
  if (warmup === undefined || warmup.kind !== 'duration' || length === undefined) return
  if (warmup.count <= length.count || length.count === 0) return
  const found = { warmup: showValue(warmup), length: showValue(length) }
  context.session.bag.add(evaluateDiagnostic('ARC4285', found, schedule.places.get('warmup') ?? span))
}
