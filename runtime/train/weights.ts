/** The trained network as a state dict of arcface_torch: its names, its dim order, running statistics of replica 0. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../engine.ts'
import { bf16ToF32 } from '../half.ts'
import type { DeviceState } from './device-state.ts'

/** Weights and buffers by name, in f32; with `centers`, the class centers too, in the order of the classes. */
export async function readWeights(
  plan: Plan,
  state: DeviceState,
  options: { readonly centers: boolean },
): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>()
  for (const [index, spec] of plan.state.entries()) {
    const wanted = spec.role === 'parameter' || spec.role === 'buffer' || (options.centers && spec.role === 'centers')
    if (!wanted) continue
    const tensor = widened(await state.read(index))
    weights.set(spec.name, spec.layout === 'oihw' ? filterToOihw(tensor) : tensor)
  }
  return weights
}

/** In f32, whatever it is kept in. */
function widened(tensor: HostTensor): HostTensor {
  const { dtype, shape, data } = tensor
  if (dtype !== 'bf16' || !(data instanceof Uint16Array)) return tensor
  return { dtype: 'f32', shape, data: bf16ToF32(data) }
}

/** [kh,kw,I,O] → [O,I,kh,kw] */
export function filterToOihw(tensor: HostTensor): HostTensor {
  return permute(tensor, [3, 2, 0, 1])
}

/** [O,I,kh,kw] → [kh,kw,I,O] */
export function filterFromOihw(tensor: HostTensor): HostTensor {
  return permute(tensor, [2, 3, 1, 0])
}

function permute(tensor: HostTensor, permutation: readonly number[]): HostTensor {
  const { data } = tensor
  if (!(data instanceof Float32Array) || tensor.shape.length !== 4)
    return bug(`a filter ${tensor.dtype}[${tensor.shape}]`)
  const at = (list: readonly number[], i: number) => list[i] ?? 0
  const shape = permutation.map((dim) => at(tensor.shape, dim))
  const strides = tensor.shape.map((_, dim) => tensor.shape.slice(dim + 1).reduce((product, size) => product * size, 1))
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
