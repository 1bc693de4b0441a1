/**
 * Batch normalizations by arcc's own kernels, with the PReLU and the sums around them.
 *
 * Legend: x y dx dy [...,C]; everything else [C], f32.
 */
import { bug } from '../../grammar/diagnostic.ts'
import type { TensorType } from '../ir/dtype.ts'
import { type Graph, type Op, operandAt, resultAt, type Value } from '../ir/graph.ts'
import { type NormBackward, type NormForward, normGroups } from '../ir/norm-groups.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { convert } from './hlo.ts'
import { bitsOf, callNative } from './native-call.ts'
import { at } from './rule.ts'

type Written = readonly (readonly [Value, Ssa])[]

export interface NativeNorms {
  /** Whether a group's kernel computes an op's results, elsewhere. */
  readonly covers: (op: Op) => boolean
  /** Emits the kernel that is computed in the place of an op; `undefined` if there is none. */
  readonly emit: (op: Op, find: (value: Value) => Ssa) => Written | undefined
}

/** The groups of a graph that the kernels compute; none for a program without kernels. */
export function nativeNorms(e: Emitter, graph: Graph): NativeNorms {
  if (e.native === undefined) return { covers: () => false, emit: () => undefined }
  const groups = normGroups(graph)
  return {
    covers: (op) => groups.inside.has(op) && !groups.at.has(op),
    emit(op, find) {
      const group = groups.at.get(op)
      if (group === undefined) return undefined
      return 'cotangent' in group ? backward(e, group, find) : forward(e, group, find)
    },
  }
}

/** The kernels know f32 and bf16; other types are computed in f32. */
function within(e: Emitter, { dtype, shape }: TensorType): TensorType {
  return { dtype: dtype === 'bf16' && e.native?.bf16 === true ? dtype : 'f32', shape }
}

const numbersOf = (channels: TensorType, epsilon: number, group: { slope: unknown; added: unknown }) => [
  channels.shape[0] ?? bug('a normalization without channels'),
  bitsOf(epsilon),
  group.slope === undefined ? 0 : 1,
  group.added === undefined ? 0 : 1,
]

function forward(e: Emitter, group: NormForward, find: (value: Value) => Ssa): Written {
  const { norm, result, slope, added } = group
  const [x, scale, offset] = [0, 1, 2].map((i) => find(operandAt(norm, i)))
  if (x === undefined || scale === undefined || offset === undefined) return bug('an operand of a normalization')
  const type = within(e, x.type)
  const extra = [
    ...(slope === undefined ? [] : [find(slope)]),
    ...(added === undefined ? [] : [convert(e, find(added), type.dtype)]),
  ]
  const results = callNative(
    e,
    'arcc_normalize',
    [convert(e, x, type.dtype), scale, offset, ...extra],
    [type, scale.type, scale.type],
    numbersOf(scale.type, norm.params.epsilon, group),
  )
  return [
    [result, convert(e, at(results, 0), result.type.dtype)],
    [resultAt(norm, 1), at(results, 1)],
    [resultAt(norm, 2), at(results, 2)],
  ]
}

function backward(e: Emitter, group: NormBackward, find: (value: Value) => Ssa): Written {
  const { norm, result, slope, added, cotangent, offset, slopeGradient } = group
  const [x, scale, mean, variance] = [0, 1, 2, 3].map((i) => find(operandAt(norm, i)))
  if (x === undefined || scale === undefined || mean === undefined || variance === undefined)
    return bug('an operand of a normalization')
  const type = within(e, x.type)
  const narrow = (value: Value) => convert(e, find(value), type.dtype)
  const extra = [
    ...(slope === undefined || offset === undefined ? [] : [find(offset), find(slope)]),
    ...(added === undefined ? [] : [narrow(added)]),
  ]
  const vectors = [scale.type, scale.type, ...(slopeGradient === undefined ? [] : [scale.type])]
  const results = callNative(
    e,
    'arcc_normalize_grad',
    [convert(e, x, type.dtype), scale, mean, variance, narrow(cotangent), ...extra],
    [type, ...vectors],
    numbersOf(scale.type, norm.params.epsilon, group),
  )
  return [
    [result, convert(e, at(results, 0), result.type.dtype)],
    [resultAt(norm, 1), at(results, 1)],
    [resultAt(norm, 2), at(results, 2)],
    ...(slopeGradient === undefined ? [] : [[slopeGradient, at(results, 3)] as const]),
  ]
}
