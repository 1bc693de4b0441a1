/**
 * How many pictures classes have, for margins that read it: a table of the classes like the centers, and two numbers. They are part of
 * the state, which a step leaves unchanged; a run fills them from its data (`runtime/train/class-counts.ts`).
 *
 * Legend: M center rows of one device, one for each class.
 */
import type { ChosenExperiment, Margin } from '../experiment/experiment.ts'
import type { Value } from '../ir/graph.ts'
import { countsTable, fewestPictures, mostPictures } from '../ir/state-tensor.ts'
import type { Initializer } from '../values/value.ts'
import { type StateSlot, wholeSlot } from './state.ts'

export interface ClassCounts {
  /** Pictures of each class of this device, f32 [M,1]. */
  readonly count: Value
  /** Of the class with the fewest and of that with the most, f32 []. */
  readonly fewest: Value
  readonly most: Value
}

const names = ['count', 'own_count', 'fewest', 'most']

function readsCounts({ needs }: Margin): boolean {
  return Object.values(needs).some(({ reads }) => names.some((name) => reads.has(name)))
}

/** Until a run fills them, each class has one picture. */
const one: Initializer = { kind: 'constant', value: 1 }

/** None if the margin reads none of them; `rows` is M. */
export function countSlots(
  { margin, centers }: Pick<ChosenExperiment, 'margin' | 'centers'>,
  rows: number,
): readonly StateSlot[] {
  if (!readsCounts(margin)) return []
  const placement = centers.placement === 'shard' ? 'sharded' : 'replicated'
  const number = (name: string) =>
    wholeSlot({ name, role: 'count', shape: [], dtype: 'f32', placement: 'replicated' }, one)
  return [
    wholeSlot({ name: countsTable, role: 'class_count', shape: [rows, 1], dtype: 'f32', placement }, one),
    number(fewestPictures),
    number(mostPictures),
  ]
}

/** The values of `countSlots`. */
export function countsOf(margin: Margin, get: (name: string) => Value): ClassCounts | undefined {
  if (!readsCounts(margin)) return undefined
  return { count: get(countsTable), fewest: get(fewestPictures), most: get(mostPictures) }
}
