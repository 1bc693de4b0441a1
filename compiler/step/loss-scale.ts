/**
 * Dynamic loss scaling for f16: the gradient that enters the backbone is multiplied by a factor, so that small gradients do not
 * underflow below 6e-8, and the summed gradients are divided by it afterwards. If one of them is not finite, the step leaves the
 * backbone's weights, their optimizer state and its running statistics unchanged, and the factor is halved; after 100 consecutive
 * good steps it is doubled. arcface_torch does the same (`GradScaler`, growth interval 100).
 *
 * The flag comes from the summed gradients, which are the same on all devices. The head computes its own gradients in f32,
 * without a factor, and has already updated the centers when the backbone's gradients become available: a step that is skipped
 * for the backbone still updates the centers, as in arcface_torch's first Partial FC. The centers stay unchanged too only if the
 * loss itself is not finite, because an embedding overflowed.
 */
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { lossScalePrefix, type StateTensor } from '../ir/state-tensor.ts'
import { type StateSlot, wholeSlot } from './state.ts'

const INITIAL = 65536
const GROWTH = 2
const BACKOFF = 0.5
/** Consecutive good steps before the factor grows. */
const INTERVAL = 100

const factorName = `${lossScalePrefix}factor`
const streakName = `${lossScalePrefix}good_steps`
const updatesName = `${lossScalePrefix}updates`

function slot(name: string, dtype: StateTensor['dtype'], value: number): StateSlot {
  return wholeSlot({ name, role: 'scaler', shape: [], dtype, placement: 'replicated' }, { kind: 'constant', value })
}

/**
 * The state of loss scaling: the factor, the number of consecutive good steps, and the number of steps that updated the backbone.
 */
export function lossScaleSlots(): readonly StateSlot[] {
  return [slot(factorName, 'f32', INITIAL), slot(streakName, 'i32', 0), slot(updatesName, 'i32', 0)]
}

export interface LossScale {
  /** f32 [] */
  readonly factor: Value
  /** The number of this backbone update, counted from 1, excluding skipped steps: f32 []. */
  readonly update: Value
  /** The state after a step with finite or non-finite gradients (pred []), by name. */
  after(finite: Value): ReadonlyMap<string, Value>
}

/** Loss scaling of a step; `get` returns the state. */
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
