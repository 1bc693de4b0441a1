/** The trained network as a state dict of arcface_torch: its names, its dim order, running statistics of replica 0. */
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { HostArray, HostTensor } from '../engine.ts'
import { bf16ToF32 } from '../half.ts'
import { newHostArray } from '../host-tensor.ts'
import type { TensorStream } from '../safetensors.ts'
import type { DeviceState } from './device-state.ts'

/** Weights and buffers by name, in f32; with `centers`, the class centers too, in the order of the classes. */
export function weightStreams(
  plan: Plan,
  state: DeviceState,
  options: { readonly centers: boolean },
): Map<string, TensorStream> {
  const weights = new Map<string, TensorStream>()
  for (const [index, spec] of plan.state.entries()) {
    const wanted = spec.role === 'parameter' || spec.role === 'buffer' || (options.centers && spec.role === 'centers')
    if (!wanted) continue
    const shape = state.shapeOf(index)
    const stream = { dtype: widenedType(spec.dtype), shape, pieces: () => widened(spec.dtype, state.pieces(index)) }
    weights.set(spec.name, spec.layout === 'oihw' ? filterStream(stream) : stream)
  }
  return weights
}

function widenedType(dtype: DType): DType {
  return dtype === 'bf16' ? 'f32' : dtype
}

/** bf16, whose bits come as whole numbers, as f32; all else as it is. */
async function* widened(dtype: DType, pieces: AsyncIterable<HostArray>): AsyncGenerator<HostArray> {
  for await (const piece of pieces) yield dtype === 'bf16' && piece instanceof Uint16Array ? bf16ToF32(piece) : piece
}

function filterStream(stream: TensorStream): TensorStream {
  const [height = 0, width = 0, inputs = 0, outputs = 0] = stream.shape
  return {
    dtype: stream.dtype,
    shape: [outputs, inputs, height, width],
    async *pieces() {
      yield filterToOihw(await wholeOf(stream)).data
    },
  }
}

/** A tensor that fits into memory, and into one array. */
export async function wholeOf({ dtype, shape, pieces }: TensorStream): Promise<HostTensor> {
  const data = newHostArray({ dtype, shape })
  let at = 0
  for await (const piece of pieces()) {
    data.set(piece, at)
    at += piece.length
  }
  return { dtype, shape, data }
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
