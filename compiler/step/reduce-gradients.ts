/**
 * The sum of the backbone's gradients over the devices.
 *
 * On GPUs, gradients are reduced in groups, each one flat tensor, in the order in which the backward pass produces them: the last
 * layers' gradients are reduced while those of the first layers are computed. Converting gradients to f32 and copying them into
 * the flat tensor is one kernel per group.
 *
 * Legend: g gradient of any shape, n its elements.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { TrainSpec } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import { byteSize, elementCount } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { StateTensor } from '../ir/state-tensor.ts'

/** Bytes of a group: large enough for the links' full speed, small enough for several groups in sequence. */
const groupBytes = 2 ** 25

export interface GradientReduction {
  /** The element type in which gradients are sent and summed. */
  readonly dtype: TrainSpec['reduction']
  /** Whether they are reduced in groups. */
  readonly grouped: boolean
}

/** Sums the replicas' gradients, f32 in and out; one for each tensor of `state`. */
export function reduceGradients(
  b: GraphBuilder,
  state: readonly StateTensor[],
  gradients: readonly Value[],
  { dtype, grouped }: GradientReduction,
): readonly Value[] {
  if (b.replicas === 1 || gradients.length === 0) return gradients
  return b.within({ path: 'gradients of the backbone' }, () => {
    const narrow = gradients.map((g) => ops.convert(b, g, dtype))
    const sums = grouped ? reduceGroups(b, state, narrow) : reduceAll(b, narrow)
    return sums.map((sum, i) => ops.convert(b, sum, need(gradients[i], 'a gradient').type.dtype))
  })
}

function reduceAll(b: GraphBuilder, gradients: readonly Value[]): readonly Value[] {
  return b.addAll('all_reduce', gradients, { reduction: 'sum' })
}

function reduceGroups(b: GraphBuilder, state: readonly StateTensor[], gradients: readonly Value[]): readonly Value[] {
  const sums = new Map<Value, Value>()
  for (const group of groupsOf(state, gradients)) {
    const flat = group.map((g) => ops.reshape(b, g, [elementCount(g.type.shape)]))
    const sum = need(reduceAll(b, [ops.concatenate(b, flat, 0)])[0], 'the sum of a group')
    let at = 0
    for (const g of group) {
      const end = at + elementCount(g.type.shape)
      sums.set(g, ops.reshape(b, ops.sliceDim(b, sum, 0, at, end), g.type.shape))
      at = end
    }
  }
  return gradients.map((g) => need(sums.get(g), 'the sum of a gradient'))
}

/** Groups neighbors, last layers first; gradients that all layers contribute to (joined vectors) come last. */
function groupsOf(state: readonly StateTensor[], gradients: readonly Value[]): Value[][] {
  const isJoined = (_: Value, i: number) => state[i]?.storage === 'flat'
  const apart = gradients.filter((g, i) => !isJoined(g, i)).toReversed()
  const groups: Value[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const g of [...apart, ...gradients.filter(isJoined)]) {
    bytes += byteSize(g.type)
    const last = groups.at(-1)
    if (last !== undefined && bytes <= groupBytes) {
      last.push(g)
    } else {
      groups.push([g])
      bytes = byteSize(g.type)
    }
  }
  return groups
}
