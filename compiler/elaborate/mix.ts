/** Checks of a mix of data sets that concern several of its fields, or the fields of its sets. */
import { type Context, fail } from '../evaluate/context.ts'
import { placeOfField } from '../evaluate/object.ts'
import type { DatasetSpec } from '../experiment/experiment.ts'
import { datasetTraits } from '../schema/dataset-formats.ts'
import type { ObjectValue } from '../values/value.ts'

/** Returns true, or fails with a diagnostic at the set or the field that does not fit; other data sets always pass. */
export function checkMix(mix: DatasetSpec, object: ObjectValue, context: Context): true {
  const { mixed: parts, weights, classes } = mix
  if (mix.format !== 'mixed' || parts === undefined) return true
  if (parts.length === 0) return fail(context, 'ARC4250', {}, placeOfField(object, 'parts') ?? object.span)
  for (const part of parts) {
    const { name, holdout, format } = part
    if (format === 'mixed') return fail(context, 'ARC4251', { name }, part.span)
    if (holdout > 0) return fail(context, 'ARC4252', { name, holdout }, part.span)
    if (classes === 'by_name' && datasetTraits[format].names === 'none') {
      return fail(context, 'ARC4253', { name, format }, part.span)
    }
  }
  if (weights.length === 0) return true
  const span = placeOfField(object, 'weights') ?? object.span
  if (weights.length !== parts.length) {
    return fail(context, 'ARC4254', { weights: weights.length, sets: parts.length }, span)
  }
  const wrong = weights.find((weight) => !(weight > 0 && Number.isFinite(weight)))
  return wrong === undefined ? true : fail(context, 'ARC4255', { weight: wrong }, span)
}
