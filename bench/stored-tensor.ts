/**
 * On the host: a state tensor made of the tensors that it holds, as a golden run sets them.
 *
 * Legend: filters [kh,kw,I,O] in a network, [O,kh,kw,I] stored as `ohwi`, [O,I,kh,kw] in a state dict.
 */
import { elementCount } from '../compiler/ir/dtype.ts'
import { toOhwi } from '../compiler/ir/filter-order.ts'
import type { StateTensor } from '../compiler/ir/state-tensor.ts'
import { need } from '../grammar/diagnostic.ts'
import type { HostTensor } from '../runtime/engine.ts'
import { permuteFilter } from '../runtime/state/held-tensors.ts'

/** The stored tensor, f32, of what it holds. */
export function storedTensor(spec: StateTensor, held: readonly HostTensor[]): HostTensor {
  const only = need(held[0], `what ${spec.name} holds`)
  switch (spec.storage) {
    case 'whole':
      return only
    case 'ohwi':
      return permuteFilter(only, toOhwi)
    case 'flat': {
      const data = new Float32Array(elementCount(spec.shape))
      let at = 0
      for (const part of held) {
        data.set(part.data, at)
        at += part.data.length
      }
      return { dtype: 'f32', shape: spec.shape, data }
    }
  }
}

/** [O,I,kh,kw] → [kh,kw,I,O] */
export function filterFromOihw(tensor: HostTensor): HostTensor {
  return permuteFilter(tensor, [2, 3, 1, 0])
}
