/**
 * The order of products and convolutions in the backward pass of a program for the CPU.
 *
 * XLA orders ops by their operands alone. Nothing but the update reads the gradient of a filter, so that it may come last, and all that
 * it reads stays in memory until then: a third and more of a step's memory. And a weight whose update may come before its last reader
 * is copied. Therefore each product or convolution of the backward pass also depends on the one before it in the graph. A native kernel
 * takes its result as an operand that it does not read; other ops take their operand through a barrier. Where XLA's own ops compute the
 * gradients of slopes, which are sums that nobody waits for either, those between two products are waited for as well.
 */
import { byteSize, type TensorType } from '../ir/dtype.ts'
import type { Op } from '../ir/graph.ts'

/** A value of the program. */
interface Emitted {
  readonly type: TensorType
}

export interface CallOrder<V extends Emitted> {
  /** The ops that follow are emitted for this one. */
  begin(op: Op): void
  /** What the product or convolution that is emitted now comes after, besides its operands. */
  take(): readonly V[]
  /** All of an op has been emitted, and `results` are its values. */
  end(op: Op, results: readonly V[]): void
  /** The order of a region, which has none with what is outside of it. */
  inside<T>(emit: () => T): T
}

interface State<V> {
  readonly before: readonly V[]
  /** Whether the op of now is in the order, and whether it has a product or convolution. */
  readonly isBackward: boolean
  readonly hasTaken: boolean
}

/** Larger sums are read soon, and would stay in memory for it, in bytes. */
const smallSum = 2 ** 16

/** `isOrdered`: whether the platform needs an order; `withSums`: whether sums are in it. */
export function createCallOrder<V extends Emitted>(isOrdered: boolean, withSums: boolean): CallOrder<V> {
  let state: State<V> = { before: [], isBackward: false, hasTaken: false }
  return {
    begin({ origin }) {
      state = { ...state, isBackward: isOrdered && origin.phase === 'backward', hasTaken: false }
    },
    take() {
      if (!state.isBackward) return []
      state = { ...state, hasTaken: true }
      return state.before
    },
    end(op, results) {
      const [first] = results
      if (first === undefined || !state.isBackward) return
      const isSum = op.kind === 'reduce_sum' && first.type.shape.length > 0 && byteSize(first.type) <= smallSum
      if (state.hasTaken) state = { ...state, before: [first] }
      else if (withSums && isSum) state = { ...state, before: [...state.before, first] }
    },
    inside(emit) {
      const outside = state
      state = { ...outside, before: [] }
      const found = emit()
      state = outside
      return found
    },
  }
}
