/**
 * The graph that creates the state of step 0: every number is keyed by (seed, parameter path, position), class centers by their
 * global class, so that any number of devices starts with the same values.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import { GraphBuilder } from '../ir/build.ts'
import type { TensorType } from '../ir/dtype.ts'
import type { Graph, Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { ClassShard } from '../ir/state-tensor.ts'
import type { Initializer } from '../values/value.ts'
import { keyOf, normal, normalRows, perReplica, positions, uniform } from './random.ts'
import type { StateSlot } from './state.ts'
import { storedValue } from './stored-values.ts'

export function buildInit(slots: readonly StateSlot[], shards: readonly ClassShard[], seed: number): Graph {
  const b = new GraphBuilder('init', shards.length)
  return b.within({ phase: 'init' }, () =>
    b.finish(slots.map((slot) => ({ name: slot.tensor.name, value: initialValue(b, slot, shards, seed) }))),
  )
}

function initialValue(b: GraphBuilder, slot: StateSlot, shards: readonly ClassShard[], seed: number): Value {
  const { tensor, parts } = slot
  if (tensor.role !== 'centers') {
    const { dtype } = tensor
    const held = parts.map(({ named, initializer, drawnAs }) =>
      drawn(b, initializer, keyOf(seed, drawnAs), { dtype, shape: named.shape }),
    )
    return storedValue(b, tensor, held)
  }
  const { initializer } = need(parts[0], 'the centers')
  const key = keyOf(seed, tensor.name)
  const [rows, width] = tensor.shape
  if (rows === undefined || width === undefined || initializer.kind !== 'normal')
    return bug(`centers of shape ${tensor.shape}`)
  const starts = shards.map((shard) => shard.start)
  const values = normalRows(b, key, perReplica(b, starts), [rows, width], initializer.std)
  return ops.convert(b, values, tensor.dtype)
}

/** Weights and buffers are f32; constants may be of any type. */
function drawn(b: GraphBuilder, initializer: Initializer, key: number, type: TensorType): Value {
  const { shape } = type
  switch (initializer.kind) {
    case 'constant':
      return ops.splat(b, initializer.value, type)
    case 'normal':
      return normal(b, key, positions(b, shape), initializer.std)
    case 'uniform':
      return uniform(b, key, positions(b, shape), initializer.bound)
  }
}
