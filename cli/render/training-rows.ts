/** Rows of a plan's summary that only experiments with unusual settings of training have. */

import type { PlanDocument } from '../../compiler/plan/document.ts'
import { formatCompact, formatNumber } from './format.ts'
import type { Look } from './look.ts'

/** Rows of the summary: each a name and its items. */
type SummaryRows = readonly (readonly [string, readonly string[]])[]

type ChangedObject = NonNullable<NonNullable<PlanDocument['training']>['start']>

/** How weights are trained beyond the optimizer: fields that differ from their defaults. */
export function weightRows({ model, schedule, training }: PlanDocument, look: Pick<Look, 'unicode'>): SummaryRows {
  const said = (field: string, say: (value: string) => string) => {
    const value = training?.weights.find(({ path }) => path === field)?.value
    return value === undefined ? [] : [say(value)]
  }
  const times = `${look.unicode ? '×' : 'x'} ${formatNumber(schedule.lrScale ?? 1, 4)}`
  const items = [
    // Without any, the list of frozen parts says it.
    ...(model.trained ? [`${formatCompact(model.trained)} parameters trained`] : []),
    ...said('train.freeze', (paths) => `frozen ${paths}`),
    ...said('train.lr_groups', (groups) => `learning rates ${groups}`),
    ...said('train.lr_scaling', (rule) => `learning rates ${times} (${rule})`),
    ...said('train.decay', (weights) => `weight decay: ${weights} only`),
    ...said('train.average', (average) => `average ${average}`),
    ...said('centers.optimizer', (optimizer) => `optimizer of the centers ${optimizer}`),
    ...said('train.label_smoothing', (part) => `label smoothing ${part}`),
  ]
  return items.length === 0 ? [] : [['weights', items]]
}

/** The augmentations, unless they are the default: `crop(scale: 0.5)`. */
export function augmentRow({ training }: PlanDocument): SummaryRows {
  if (training?.augment === undefined) return []
  return [['augment', training.augment.length === 0 ? ['none'] : training.augment.map(callText)]]
}

/** The operation goes without saying if it has the name of the declaration. */
function callText({ name, changed }: ChangedObject): string {
  const fields = changed.filter(({ path, value }) => path !== 'op' || value !== name)
  return fields.length === 0 ? name : `${name}(${fields.map(({ path, value }) => `${path}: ${value}`).join(', ')})`
}

/** Where metrics go besides `log.ndjson`. */
export function logRow({ logs }: PlanDocument): SummaryRows {
  if (logs === undefined) return []
  const { tensorboard, mlflow, prometheus } = logs
  const items = [
    ...(tensorboard ? ['TensorBoard'] : []),
    ...(mlflow === undefined ? [] : [`MLflow (${mlflow})`]),
    ...(prometheus === undefined ? [] : [`Prometheus (${prometheus})`]),
  ]
  return [['logs', items]]
}

/** What the run must reach, which is checked when it ends. */
export function requiredRow({ requiredOfRun }: PlanDocument): SummaryRows {
  return requiredOfRun === undefined ? [] : [['required', [...requiredOfRun, 'checked when the run ends']]]
}

/** What training starts from, if it is not random weights. */
export function startRow({ training }: PlanDocument): SummaryRows {
  if (training?.start === undefined) return []
  const facts = training.start.changed.map(({ path, value }) => (path === 'path' ? value : `${path}: ${value}`))
  return [['start', facts]]
}
