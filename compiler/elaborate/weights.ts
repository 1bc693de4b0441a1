/** How the weights are updated: the optimizers of an experiment, and the parts of the backbone that are frozen or have rates of their own. */

import { didYouMeanText, nearest } from '../../grammar/suggest.ts'
import { attempt, type Context, fail, type Session, staticContext } from '../evaluate/context.ts'
import { number } from '../evaluate/numbers.ts'
import { instantiate } from '../evaluate/object.ts'
import type { Backbone, Experiment, ExperimentPath, TrainSpec } from '../experiment/experiment.ts'
import { groupOf, isBelow, isFrozen, partsOf } from '../experiment/parameter-paths.ts'
import { experimentBody } from '../schema/experiment.ts'
import type { ObjectValue } from '../values/value.ts'
import { resolveOptimizer } from './appliers.ts'
import type { ExperimentFields } from './fields.ts'
import { readSection } from './read.ts'

type Optimizers = Pick<Experiment, 'optimizer' | 'undecayed' | 'centersOptimizer'>

/** The parameter of an optimizer that `train.decay` sets to 0. */
export const decayParameter = 'weight_decay'

/** `undefined` after reported errors. */
export function resolveOptimizers(fields: ExperimentFields, session: Session): Optimizers | undefined {
  const context = staticContext(session)
  const { sections } = experimentBody
  const { optimizer: object, decay } = readSection(sections.train, fields.within('train'))
  const { optimizer: own } = readSection(sections.centers, fields.within('centers'))
  const optimizer = resolveOptimizer(object, session)
  const without = decay === 'matrices' ? attempt(() => withoutDecay(object, fields, context)) : undefined
  const undecayed = without && resolveOptimizer(without, session)
  const centersOptimizer = own === undefined ? optimizer : resolveOptimizer(own, session)
  if (!optimizer || !centersOptimizer || (decay === 'matrices' && !undecayed)) return undefined
  return { optimizer, undecayed, centersOptimizer }
}

/** The optimizer without weight decay. */
function withoutDecay(object: ObjectValue, fields: ExperimentFields, context: Context): ObjectValue {
  const { decl } = object
  const span = fields.span('train.decay')
  const names = decl.parameters.map(({ name }) => `\`${name.text}\``)
  if (!object.arguments.has(decayParameter))
    return fail(context, 'ARC4231', { optimizer: decl.name.text, parameter: decayParameter }, span, {
      related: [{ span: decl.name.span, message: `\`${decl.name.text}\` is declared here` }],
      notes: [names.length === 0 ? 'it has no parameters' : `its parameters are ${names.join(', ')}`],
    })
  return instantiate(object, [{ name: decayParameter, nameSpan: span, value: number(0), span }], object.span, context)
}

/**
 * Checks `train.freeze`, `train.lr_groups` and `train.average` against the weights of the backbone; all mistakes are reported.
 * `undefined` if there are any.
 */
export function checkWeights(
  backbone: Backbone,
  train: TrainSpec,
  fields: ExperimentFields,
  context: Context,
): true | undefined {
  const trained = backbone.parameters.filter((spec) => spec.trainable).map((spec) => spec.path)
  const isUnknown = (path: string) => !trained.some((weight) => isBelow(weight, path))
  const unknown = (path: string, field: ExperimentPath, index: number) => {
    const parts = partsOf(trained)
    const meant = nearest(path, parts)
    const top = [...parts].filter((part) => !part.includes('.'))
    const notes = [
      ...(path === '' ? ['`"*"` is the whole backbone'] : []),
      `its parts are ${top.map((part) => `\`${part}\``).join(', ')}`,
    ]
    const found = { backbone: backbone.name, path: path === '' ? '""' : path }
    const span = fields.itemSpan(field, index)
    const edit = didYouMeanText(path, meant, span)
    const note = meant === undefined || edit.fix !== undefined ? [] : [`did you mean \`${meant}\`?`]
    return fail(context, 'ARC4228', found, span, { notes: [...note, ...notes], ...edit })
  }
  const twinsOf = (path: string) => train.lrGroups.filter((other) => other.path === path)
  const checks = [
    ...train.freeze.map((path, i) => () => (isUnknown(path) ? unknown(path, 'train.freeze', i) : true)),
    ...train.lrGroups.map((group, i) => (): true => {
      const { path } = group
      const span = fields.itemSpan('train.lr_groups', i)
      if (isUnknown(path)) return unknown(path, 'train.lr_groups', i)
      const twins = twinsOf(path)
      if (twins[0] !== group) return fail(context, 'ARC4229', { path }, span)
      if (twins.length > 1) return true
      const own = trained.filter((weight) => groupOf(weight, train) === group)
      if (own.every((weight) => isFrozen(weight, train))) return fail(context, 'ARC4230', { path }, span)
      return true
    }),
    (): true => {
      if (train.average === undefined || trained.some((path) => !isFrozen(path, train))) return true
      return fail(context, 'ARC4233', {}, fields.span('train.average'))
    },
  ]
  return checks.map((check) => attempt(check)).includes(undefined) ? undefined : true
}
