/** The trained network as a state dict of arcface_torch: its names, its dim order, and the running statistics of replica 0. */
import type { DType } from '../../compiler/ir/dtype.ts'
import { averagedName, type NamedTensor, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostArray, HostTensor } from '../engine.ts'
import { bf16ToF32 } from '../half.ts'
import { newHostArray } from '../host-tensor.ts'
import type { TensorStream } from '../safetensors.ts'
import type { DeviceState } from './device-state.ts'
import { filterToOihw, type HeldTensor, heldTensors } from './held-tensors.ts'

/** Weights and buffers by name, in f32, averages in place of their weights; with `centers`, also the class centers, in class order. */
export function weightStreams(
  plan: Plan,
  state: DeviceState,
  options: { readonly centers: boolean },
): Map<string, TensorStream> {
  const weights = new Map<string, TensorStream>()
  for (const [index, spec] of plan.state.entries()) {
    const { role } = spec
    const isOfNetwork = role === 'parameter' || role === 'buffer' || role === 'average'
    if (!isOfNetwork && !(options.centers && role === 'centers')) continue
    const streams = role === 'centers' ? [tableStream(spec, state, index)] : heldStreams(spec, state, index)
    for (const [i, { name }] of spec.holds.entries())
      weights.set(role === 'average' ? averagedName(name) : name, need(streams[i], name))
  }
  return weights
}

/** Streams a table of all classes, which may not fit into memory. */
function tableStream(spec: StateTensor, state: DeviceState, index: number): TensorStream {
  const { dtype } = spec
  return {
    dtype: widenedType(dtype),
    shape: state.shapeOf(index),
    pieces: () => widened(dtype, state.pieces(index)),
  }
}

/** The tensors in a state tensor, which is read from its device on first access. */
function heldStreams(spec: StateTensor, state: DeviceState, index: number): TensorStream[] {
  const stored = { dtype: spec.dtype, shape: state.shapeOf(index), pieces: () => state.pieces(index) }
  let read: Promise<readonly HeldTensor[]> | undefined
  const held = () => {
    read ??= wholeOf(stored).then((tensor) => heldTensors(spec, tensor))
    return read
  }
  return spec.holds.map((named, i) => ({
    dtype: spec.dtype,
    shape: dictShape(named),
    async *pieces() {
      const { tensor } = need((await held())[i], named.name)
      yield (named.layout === 'oihw' ? filterToOihw(tensor) : tensor).data
    },
  }))
}

function dictShape({ shape, layout }: NamedTensor): readonly number[] {
  return layout === 'oihw' ? [...shape.slice(2).toReversed(), ...shape.slice(0, 2)] : shape
}

function widenedType(dtype: DType): DType {
  return dtype === 'bf16' ? 'f32' : dtype
}

/** Converts bf16 bits to f32; leaves other types unchanged. */
async function* widened(dtype: DType, pieces: AsyncIterable<HostArray>): AsyncGenerator<HostArray> {
  for await (const piece of pieces) yield dtype === 'bf16' && piece instanceof Uint16Array ? bf16ToF32(piece) : piece
}

/** A tensor that fits into memory and into one array. */
export async function wholeOf({ dtype, shape, pieces }: TensorStream): Promise<HostTensor> {
  const data = newHostArray({ dtype, shape })
  let at = 0
  for await (const piece of pieces()) {
    data.set(piece, at)
    at += piece.length
  }
  return { dtype, shape, data }
}
