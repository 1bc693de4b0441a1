/**
 * The tensors stored in a state tensor, on the host.
 *
 * Legend: filters [kh,kw,I,O] in a network, [O,kh,kw,I] stored as `ohwi`, [O,I,kh,kw] in a state dict.
 */
import { elementCount } from '../../compiler/ir/dtype.ts'
import { fromOhwi, toOhwi } from '../../compiler/ir/filter-order.ts'
import type { NamedTensor, StateTensor } from '../../compiler/ir/state-tensor.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../engine.ts'
import { newHostArray } from '../host-tensor.ts'

export interface HeldTensor {
  readonly named: NamedTensor
  /** In the dim order of network code. */
  readonly tensor: HostTensor
}

/** The tensors in a stored tensor. Vectors are views of `stored`. */
export function heldTensors(spec: StateTensor, stored: HostTensor): readonly HeldTensor[] {
  const { dtype, data } = stored
  const only = need(spec.holds[0], `what ${spec.name} holds`)
  switch (spec.storage) {
    case 'whole':
      return [{ named: only, tensor: stored }]
    case 'ohwi':
      return [{ named: only, tensor: permuteFilter(stored, fromOhwi) }]
    case 'flat': {
      let at = 0
      return spec.holds.map((named) => {
        const start = at
        at += elementCount(named.shape)
        return { named, tensor: { dtype, shape: named.shape, data: data.subarray(start, at) } }
      })
    }
  }
}

/** The stored form of the tensors in a state tensor, each in the dim order of network code; the inverse of `heldTensors`. */
export function storedTensor(spec: StateTensor, held: readonly HostTensor[]): HostTensor {
  const only = need(held[0], `what ${spec.name} holds`)
  switch (spec.storage) {
    case 'whole':
      return only
    case 'ohwi':
      return permuteFilter(only, toOhwi)
    case 'flat': {
      const stored = { dtype: spec.dtype, shape: spec.shape, data: newHostArray(spec) }
      let at = 0
      for (const { data } of held) {
        stored.data.set(data, at)
        at += data.length
      }
      return stored
    }
  }
}

/** [kh,kw,I,O] → [O,I,kh,kw] */
export function filterToOihw(tensor: HostTensor): HostTensor {
  return permuteFilter(tensor, [3, 2, 0, 1])
}

/** [O,I,kh,kw] → [kh,kw,I,O] */
export function filterFromOihw(tensor: HostTensor): HostTensor {
  return permuteFilter(tensor, [2, 3, 1, 0])
}

/** Transposes an f32 filter: dim i of the result is dim `permutation[i]` of the operand. */
export function permuteFilter(tensor: HostTensor, permutation: readonly number[]): HostTensor {
  const { data } = tensor
  if (!(data instanceof Float32Array) || tensor.shape.length !== 4)
    return bug(`a filter ${tensor.dtype}[${tensor.shape}]`)
  const at = (list: readonly number[], i: number) => list[i] ?? 0
  const shape = permutation.map((dim) => at(tensor.shape, dim))
  const strides = tensor.shape.map((_, dim) => elementCount(tensor.shape.slice(dim + 1)))
  const [s0, s1, s2, s3] = permutation.map((dim) => at(strides, dim))
  const result = new Float32Array(data.length)
  let next = 0
  for (let a = 0; a < at(shape, 0); a++)
    for (let b = 0; b < at(shape, 1); b++)
      for (let c = 0; c < at(shape, 2); c++)
        for (let d = 0; d < at(shape, 3); d++)
          result[next++] = data[a * (s0 ?? 0) + b * (s1 ?? 0) + c * (s2 ?? 0) + d * (s3 ?? 0)] ?? 0
  return { dtype: tensor.dtype, shape, data: result }
}
