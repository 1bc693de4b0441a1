/** `train.start`: what training starts from, and what contradicts it. */

import type { Span } from '../../grammar/source.ts'
import { didYouMeanText, nearest } from '../../grammar/suggest.ts'
import { attempt, type Context, fail } from '../evaluate/context.ts'
import { placeOfField } from '../evaluate/object.ts'
import type { Backbone, Optimizer, StartSpec, TrainSpec } from '../experiment/experiment.ts'
import { isBelow, partsOf } from '../experiment/parameter-paths.ts'
import * as schema from '../schema/objects.ts'
import type { LateText } from '../schema/values.ts'
import { readsStep } from '../step/elementwise-optimizer.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ObjectValue } from '../values/value.ts'
import type { ExperimentFields } from './fields.ts'
import { readObject } from './read.ts'

const isGiven = ({ path, pending }: LateText) => path !== '' || pending !== undefined

/** `undefined` after reported errors. */
export function resolveStart(object: ObjectValue, context: Context): StartSpec | undefined {
  const fields = readObject(schema.start, object, context)
  if (fields === undefined) return undefined
  const name = object.decl.name.text
  const { path, centers, classes, freshCenters, keepOptimizer, except } = fields
  const given = {
    centers: isGiven(centers),
    classes: isGiven(classes),
    except: except.length > 0,
    fresh_centers: freshCenters,
  }
  const contradictions = [
    ...(freshCenters ? (['centers', 'classes'] as const).map((second) => ['fresh_centers', second] as const) : []),
    ...(keepOptimizer
      ? (['except', 'centers', 'fresh_centers'] as const).map((second) => ['keep_optimizer', second] as const)
      : []),
  ]
  return attempt(() => {
    if (!isGiven(path))
      fail(context, 'ARC4236', { start: name }, object.span, { notes: [schema.start.fields.path.doc] })
    for (const [first, second] of contradictions) {
      if (!given[second]) continue
      const notes = [first, second].map((field) => `\`${field}\`: ${schema.start.fields[field].doc}`)
      const [one, other] = [first, second].map((field) => placeOfField(object, field)?.start)
      const [before, after] =
        one !== undefined && other !== undefined && one > other ? [second, first] : [first, second]
      const span = namedPlace(object, after) ?? object.span
      const earlier = namedPlace(object, before)
      const related = earlier === undefined ? [] : [{ span: earlier, message: `\`${before}\` is here` }]
      fail(context, 'ARC4237', { start: name, first, second }, span, { notes, related })
    }
    return { ...fields, name }
  })
}

/** The place of an argument with its name, or of a field. */
function namedPlace(object: ObjectValue, field: string): Span | undefined {
  const span = placeOfField(object, field)
  const lead = span && new RegExp(`\\b${field}\\s*:\\s*$`).exec(span.source.text.slice(0, span.start))
  return span && { ...span, start: lead?.index ?? span.start }
}

interface Started {
  readonly backbone: Backbone
  readonly train: TrainSpec
  readonly optimizers: { readonly optimizer: Optimizer; readonly centersOptimizer: Optimizer }
}

/**
 * Checks a start against the rest of the experiment; `undefined` after reported errors. With f16, the state of loss scaling has the
 * number of updates of the backbone, and is kept with the optimizer's.
 */
export function checkStart(
  start: StartSpec | undefined,
  { backbone, train, optimizers }: Started,
  fields: ExperimentFields,
  context: Context,
): true | undefined {
  const { bag } = context.session
  const span = fields.span('train.start')
  if (start === undefined) {
    if (train.freeze.length > 0) bag.add(evaluateDiagnostic('ARC4246', {}, fields.span('train.freeze')))
    return true
  }
  const paths = backbone.parameters.map((spec) => spec.path)
  for (const path of start.except) {
    if (paths.some((weight) => isBelow(weight, path))) continue
    const meant = nearest(path, partsOf(paths))
    const edit = didYouMeanText(path, meant, span)
    bag.add(
      evaluateDiagnostic('ARC4238', { backbone: backbone.name, path }, span, {
        notes: [
          ...(meant === undefined || edit.fix !== undefined ? [] : [`did you mean \`${meant}\`?`]),
          'it has an effect only if the file has tensors there',
        ],
        ...edit,
      }),
    )
  }
  if (!start.keepOptimizer) return true
  const { optimizer, centersOptimizer } = optimizers
  const counted = [...(train.precision === 'f16' ? [] : [optimizer]), centersOptimizer].find(readsStep)
  if (counted === undefined) return true
  return attempt(() =>
    fail(context, 'ARC4239', { optimizer: counted.name }, span, {
      notes: ['start with new state, or continue the run with `arcc run --resume`'],
    }),
  )
}
