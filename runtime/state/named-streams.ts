/**
 * A state as named tensors, in the names and the dim order of arcface_torch's state dict: what files hold.
 *
 * Legend: filters [kh,kw,I,O] in a network, [O,I,kh,kw] in files; tables [M,D] on one device, [C,D] in files.
 */
import { elementCount } from '../../compiler/ir/dtype.ts'
import {
  averagedName,
  type ClassShard,
  isOfNetwork,
  type NamedTensor,
  type StateTensor,
} from '../../compiler/ir/state-tensor.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostArray } from '../engine.ts'
import type { TensorStream } from '../safetensors.ts'
import { filterToOihw, type HeldTensor, heldTensors } from './held-tensors.ts'
import { classTables, rowsOnReplicas, type StoredState } from './stored-state.ts'

/** Elements that are processed at once. */
const pieceElements = 2 ** 22

/** Weights and running statistics of the backbone as trained, the latter those of replica 0, by name: the state dict. */
export function backboneStreams(stored: StoredState): Map<string, TensorStream> {
  return namedStreams(stored, isOfNetwork)
}

/** The network that is verified and used: the backbone, with averages in place of their weights. */
export function networkStreams(stored: StoredState): Map<string, TensorStream> {
  const streams = backboneStreams(stored)
  for (const [name, stream] of namedStreams(stored, ({ role }) => role === 'average'))
    streams.set(averagedName(name), stream)
  return streams
}

/** The tensors that some state tensors hold, by name; not for class tables. Each state tensor is read once, on first access. */
export function namedStreams(
  stored: StoredState,
  wanted: (spec: StateTensor) => boolean,
  replica = 0,
): Map<string, TensorStream> {
  const streams = new Map<string, TensorStream>()
  for (const [index, spec] of stored.state.entries()) {
    if (!wanted(spec)) continue
    let left = spec.holds.length
    let read: Promise<readonly HeldTensor[]> | undefined
    const held = () => {
      read ??= stored.read(replica, index).then((tensor) => heldTensors(spec, tensor))
      return read
    }
    for (const [i, named] of spec.holds.entries()) {
      streams.set(named.name, {
        dtype: spec.dtype,
        shape: fileShape(named),
        async *pieces() {
          const { tensor } = need((await held())[i], named.name)
          // The copy is not kept any longer than it is needed.
          if (--left === 0) read = undefined
          yield (named.layout === 'oihw' ? filterToOihw(tensor) : tensor).data
        },
      })
    }
  }
  return streams
}

/** The rows of classes [start, start + count) of every class table, as stored, by name. */
export function tableStreams(stored: StoredState, classes: ClassShard): Map<string, TensorStream> {
  return new Map(
    classTables(stored).map(({ index, spec }) => [
      spec.name,
      {
        dtype: spec.dtype,
        shape: [classes.count, ...spec.shape.slice(1)],
        pieces: () => tablePieces(stored, index, spec, classes),
      },
    ]),
  )
}

async function* tablePieces(stored: StoredState, index: number, spec: StateTensor, classes: ClassShard) {
  const width = elementCount(spec.shape.slice(1))
  for (const { replica, from, to } of rowsOnReplicas(stored, spec, classes)) {
    const { data } = await stored.read(replica, index)
    yield* piecesOf(data.subarray(from * width, to * width))
  }
}

/** The shape in files of a tensor with this shape in a network. */
export function fileShape({ shape, layout }: NamedTensor): readonly number[] {
  return layout === 'oihw' ? [...shape.slice(2).toReversed(), ...shape.slice(0, 2)] : shape
}

/** An array in parts of a few MiB, so that whoever processes them can do something else in between. */
export function* piecesOf(data: HostArray): Generator<HostArray> {
  for (let at = 0; at < data.length; at += pieceElements)
    yield data.subarray(at, Math.min(data.length, at + pieceElements))
}
