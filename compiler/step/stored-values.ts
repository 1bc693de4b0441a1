/**
 * Converts between state tensors as networks use them and as they are stored.
 *
 * Legend: filters [kh,kw,I,O] in a network, [O,kh,kw,I] as `ohwi`; vectors [n], all of them concatenated as `flat`.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import { elementCount } from '../ir/dtype.ts'
import { fromOhwi, toOhwi } from '../ir/filter-order.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { StateTensor } from '../ir/state-tensor.ts'

/** The tensors in a stored one, in its order. */
export function heldValues(b: GraphBuilder, { storage, holds }: StateTensor, stored: Value): readonly Value[] {
  switch (storage) {
    case 'whole':
      return [stored]
    case 'ohwi':
      return [ops.transpose(b, stored, fromOhwi)]
    case 'flat': {
      let at = 0
      return holds.map(({ shape }) => {
        const start = at
        at += elementCount(shape)
        return ops.sliceDim(b, stored, 0, start, at)
      })
    }
  }
}

/** The stored form of the tensors in a state tensor; the inverse. */
export function storedValue(b: GraphBuilder, { storage, name }: StateTensor, held: readonly Value[]): Value {
  const only = need(held[0], `what ${name} holds`)
  switch (storage) {
    case 'whole':
      return only
    case 'ohwi':
      return ops.transpose(b, only, toOhwi)
    case 'flat':
      return ops.concatenate(b, held, 0)
  }
}

/** The tensors of a state by their own names, from the stored ones by theirs. */
export function namedValues(
  b: GraphBuilder,
  state: readonly StateTensor[],
  stored: (name: string) => Value,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>()
  for (const tensor of state) {
    const held = heldValues(b, tensor, stored(tensor.name))
    for (const [i, { name }] of tensor.holds.entries()) values.set(name, need(held[i], name))
  }
  return values
}
