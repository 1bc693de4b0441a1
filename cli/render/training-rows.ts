/** Rows of a plan's summary that only experiments with unusual settings of training have. */

import type { PlanDocument } from '../../compiler/plan/document.ts'
import { start } from '../../compiler/schema/objects.ts'
import { formatCompact, formatNumber } from './format.ts'

/** Rows of the summary: each a name and its items. */
type SummaryRows = readonly (readonly [string, readonly string[]])[]

/** How weights are trained beyond the optimizer: fields that differ from their defaults. */
export function weightRows({ experiment, model, schedule }: PlanDocument): SummaryRows {
  const given = (path: string) =>
    experiment.fields.find((field) => field.path === path && field.origin !== 'default')?.value
  const said = (what: string, value: string | undefined) => (value === undefined ? [] : [`${what} ${value}`])
  const items = [
    ...(model.trained === undefined ? [] : [`${formatCompact(model.trained)} parameters trained`]),
    ...said('frozen', given('train.freeze')),
    ...said('learning rates', given('train.lr_groups')),
    ...said('decay of', given('train.decay')),
    ...said('average', given('train.average')),
    ...said('centers', given('centers.optimizer')),
    ...said('label smoothing', given('train.label_smoothing')),
    ...said(`rates times ${formatNumber(schedule.lrScale ?? 1, 4)} by`, given('train.lr_scaling')),
  ]
  return items.length === 0 ? [] : [['weights', items]]
}

/** The augmentations, unless they are the default. */
export function augmentRow({ experiment }: PlanDocument): SummaryRows {
  const field = experiment.fields.find(({ path }) => path === 'train.augment')
  if (field === undefined || field.origin === 'default') return []
  // Items end at a comma outside of brackets.
  const items = field.value.slice(1, -1).match(/(?:[^,()[\]]|\([^()]*\))+/g) ?? []
  return [['augment', items.length === 0 ? ['none'] : items.map((item) => item.trim())]]
}

/** What training starts from, if it is not random weights. */
export function startRow({ experiment }: PlanDocument): SummaryRows {
  const field = experiment.fields.find(({ path }) => path === 'train.start')
  if (field === undefined) return []
  const defaults = new Map(Object.entries(start.fields).map(([name, spec]) => [name, spec.default]))
  const given = field.value.matchAll(/(\w+): (\[[^\]]*\]|\w+\("[^"]*"\)|"(?:[^"\\]|\\.)*"|[^,)]+)/g)
  const facts = [...given].flatMap(([, name = '', value = '']) => {
    if (defaults.get(name) === value) return []
    return [name === 'path' ? value : `${name}: ${value}`]
  })
  return [['start', facts]]
}
