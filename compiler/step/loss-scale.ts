/**
 * Dynamic loss scaling, which f16 needs: the gradient that enters the backbone is multiplied by a factor, so that small gradients
 * do not vanish below 6e-8 on their way through it, and divided out of the summed gradients afterwards. Where one of them is not
 * finite, the step leaves the backbone's weights, their optimizer state and its running statistics as they were, and the factor is
 * halved; after 100 good steps in a row it is doubled. So does arcface_torch (`GradScaler`, growth interval 100).
 *
 * The flag comes from the summed gradients, which are the same on all devices. The head computes its own gradients in f32, without
 * a factor, and has moved the centers before the backbone's gradients exist: a step that is skipped for the backbone still counts
 * for the centers, as in arcface_torch's first Partial FC. Only where the loss itself is not finite, because an embedding
 * overflowed, do the centers stay too.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { StateTensor } from '../ir/state-tensor.ts'
import { type StateSlot, wholeSlot } from './state.ts'

const INITIAL = 65536
const GROWTH = 2
const BACKOFF = 0.5
/** Good steps in a row before the factor grows. */
const INTERVAL = 100

const factorName = 'loss_scale.factor'
const streakName = 'loss_scale.good_steps'
const updatesName = 'loss_scale.updates'

function slot(name: string, dtype: StateTensor['dtype'], value: number): StateSlot {
  return wholeSlot({ name, role: 'scaler', shape: [], dtype, placement: 'replicated' }, { kind: 'constant', value })
}

/** What loss scaling keeps: the factor, how many steps in a row were good, and how many have moved the backbone. */
export function lossScaleSlots(): readonly StateSlot[] {
  return [slot(factorName, 'f32', INITIAL), slot(streakName, 'i32', 0), slot(updatesName, 'i32', 0)]
}

export interface LossScale {
  /** f32 [] */
  readonly factor: Value
  /** The number of this update of the backbone, counted from 1, skipped steps left out: f32 []. */
  readonly update: Value
  /** The state after a step whose gradients were finite or not (pred []), by name. */
  after(finite: Value): ReadonlyMap<string, Value>
}

/** Loss scaling of a step; `get` gives the state. */
export function lossScale(b: GraphBuilder, get: (name: string) => Value): LossScale {
  const factor = get(factorName)
  const updates = ops.add(b, get(updatesName), 1)
  return {
    factor,
    update: ops.convert(b, updates, 'f32'),
    after(finite) {
      const streak = ops.select(b, finite, ops.add(b, get(streakName), 1), 0)
      const grown = ops.multiply(b, factor, GROWTH)
      const due = ops.and(b, ops.compare(b, 'GE', streak, INTERVAL), ops.finite(b, grown))
      const kept = ops.select(b, due, grown, factor)
      return new Map([
        [factorName, ops.select(b, finite, kept, ops.multiply(b, factor, BACKOFF))],
        [streakName, ops.select(b, ops.compare(b, 'GE', streak, INTERVAL), 0, streak)],
        [updatesName, ops.select(b, finite, updates, get(updatesName))],
      ])
    },
  }
}
