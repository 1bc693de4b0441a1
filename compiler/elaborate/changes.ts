/** What an experiment sets beyond the defaults, as `.arc` text. */
import type { Context } from '../evaluate/context.ts'
import { defaultOf } from '../evaluate/default.ts'
import { fieldOf, fieldPaths } from '../evaluate/object.ts'
import { showValue } from '../evaluate/show.ts'
import type { ChangedField, ChangedObject, TrainingChanges } from '../experiment/experiment.ts'
import { objectSpecs } from '../schema/objects.ts'
import { specOf } from '../schema/spec.ts'
import type { ObjectValue } from '../values/value.ts'
import type { ExperimentFields } from './fields.ts'

/** The fields of an object that differ from the defaults of its schema; they can be evaluated. */
function changedObject(object: ObjectValue, context: Context): ChangedObject {
  const { body } = objectSpecs[object.decl.keyword]
  const changed = fieldPaths(body).flatMap((path): ChangedField[] => {
    const spec = specOf(body, path.split('.'))
    const value = fieldOf(object, path, context)
    if (spec === undefined || value.kind === 'none') return []
    const text = showValue(value)
    return text === showValue(defaultOf(spec, context)) ? [] : [{ path, value: text }]
  })
  return { name: object.decl.name.text, changed }
}

/** `augment`: the augmentations of the list, without the lists in it. All objects have been read without errors. */
export function changesOf(
  fields: ExperimentFields,
  start: ObjectValue | undefined,
  augment: readonly ObjectValue[],
  context: Context,
): TrainingChanges {
  const changed = fields.resolved.filter(({ isDefault }) => !isDefault)
  const isAugmented = changed.some(({ path }) => path === 'train.augment')
  return {
    fields: changed.map(({ path, text }) => ({ path, value: text })),
    start: start && changedObject(start, context),
    augment: isAugmented ? augment.map((object) => changedObject(object, context)) : undefined,
  }
}
