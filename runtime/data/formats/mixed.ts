/** Several data sets as one. */
import { need } from '../../../grammar/diagnostic.ts'
import type { Collection } from '../collection.ts'
import type { DataFormat, DataSpec } from '../data-format.ts'
import { mixCollections } from '../mixed/mix.ts'
import { sourceErrors } from '../sources/messages.ts'

/** `formatOf` returns the format of a set of the mix. */
export function mixedFormat(formatOf: (spec: DataSpec) => DataFormat): DataFormat {
  const partsOf = ({ mixed: parts }: DataSpec) => need(parts, 'the sets of a mix')
  return {
    isHere: (spec) => partsOf(spec).every((part) => formatOf(part).isHere(part)),
    open(spec, watcher, { allLabels = false } = {}) {
      const needs = { allLabels: allLabels || spec.holdout > 0, isPart: true }
      const parts = partsOf(spec).map((part) => checkCounts(part, formatOf(part).open(part, watcher, needs)))
      return mixCollections({
        parts,
        weights: spec.weights.length === 0 ? undefined : spec.weights,
        classes: spec.classes,
      })
    },
  }
}

/** The plan compares what an experiment's data set declares with what it has; for the sets of a mix, this does. Throws ARC6216. */
function checkCounts({ name, identities, images }: DataSpec, collection: Collection): Collection {
  const declared = { identities: identities ?? collection.classes, images: images ?? collection.images }
  const found = { identities: collection.classes, images: collection.images }
  if (declared.identities === found.identities && declared.images === found.images) return collection
  const show = (counts: typeof found) => `${counts.identities} identities with ${counts.images} images`
  throw sourceErrors('ARC6216', { name, declared: show(declared), found: show(found) })
}
