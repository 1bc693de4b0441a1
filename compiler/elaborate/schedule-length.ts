/** Milestones of a schedule that the run does not reach. */
import type { Context } from '../evaluate/context.ts'
import { showValue } from '../evaluate/show.ts'
import type { TrainSpec } from '../experiment/experiment.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ObjectValue } from '../values/value.ts'
import type { ExperimentFields } from './fields.ts'

/**
 * Warns of durations in a list of the schedule at or beyond the end of the run, if both are in the same unit: the data set is not
 * known here. A length from `--set` is that of a trial, whose schedule is of no interest.
 */
export function checkMilestones(
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
  const items = [...schedule.arguments.values()].flatMap((value) => (value.kind === 'list' ? value.items : []))
  for (const item of items) {
    if (item.kind !== 'duration') continue
    const length = lengths[item.unit]
    if (length === undefined || item.count < length) continue
    const found = {
      schedule: schedule.decl.name.text,
      milestone: showValue(item),
      length: showValue({ ...item, count: length }),
    }
    context.session.bag.add(evaluateDiagnostic('ARC4247', found, fields.span('train.schedule')))
    return
  }
}
