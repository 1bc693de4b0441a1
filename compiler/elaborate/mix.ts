/** Checks of a mix of data sets that concern several of its fields, or the fields of its sets. */
import { type Context, fail } from '../evaluate/context.ts'
import type { DatasetSpec } from '../experiment/experiment.ts'
import { datasetTraits } from '../schema/dataset-formats.ts'

/** Returns true, or fails with a diagnostic at the set that does not fit; other data sets always pass. */
export function checkMix(mix: DatasetSpec, context: Context): true {
  const { mixed: parts, weights, classes, span } = mix
  if (mix.format !== 'mixed' || parts === undefined) return true
  if (parts.length === 0) return fail(context, 'ARC4240', {}, span)
  for (const part of parts) {
    const { name, holdout, format } = part
    if (format === 'mixed') return fail(context, 'ARC4241', { name }, part.span)
    if (holdout > 0) return fail(context, 'ARC4242', { name, holdout }, part.span)
    if (classes === 'by_name' && datasetTraits[format].names === 'none') {
      return fail(context, 'ARC4243', { name, format }, part.span)
    }
  }
  if (weights.length === 0) return true
  if (weights.length !== parts.length) {
    return fail(context, 'ARC4244', { weights: weights.length, sets: parts.length }, span)
  }
  const wrong = weights.find((weight) => !(weight > 0 && Number.isFinite(weight)))
  return wrong === undefined ? true : fail(context, 'ARC4245', { weight: wrong }, span)
}
