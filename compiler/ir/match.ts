/** Recognizes how values were computed: the parts of which the patterns of layers consist. */
import { type Op, type OpOf, operandAt, type Value } from './graph.ts'
import type { OpKind } from './op.ts'

/** The op of a value if it is of this kind. */
export function producer<K extends OpKind>(value: Value | undefined, kind: K): Extract<Op, { kind: K }> | undefined {
  const op = value?.op
  return op !== undefined && isKind(op, kind) ? op : undefined
}

function isKind<K extends OpKind>(op: Op, kind: K): op is Extract<Op, { kind: K }> {
  return op.kind === kind
}

/** The only operand of the op of a value, if it is of this kind. */
export function operandOf(value: Value | undefined, kind: OpKind): Value | undefined {
  return producer(value, kind)?.operands[0]
}

/** Both operands of an op of two, if it is of this kind. */
export function operandsOf(value: Value | undefined, kind: OpKind): readonly [Value, Value] | undefined {
  const op: OpOf<OpKind> | undefined = producer(value, kind)
  return op === undefined ? undefined : [operandAt(op, 0), operandAt(op, 1)]
}

/** The operands of a sum or a product, in both orders. */
export function bothOrders(value: Value | undefined, kind: 'add' | 'multiply'): readonly (readonly [Value, Value])[] {
  const operands = operandsOf(value, kind)
  return operands === undefined ? [] : [operands, [operands[1], operands[0]]]
}

/** The operand of a conversion, or the value itself. */
export function beforeConvert(value: Value): Value {
  return operandOf(value, 'convert') ?? value
}

/** The number that is repeated over a value. */
export function splatOf(value: Value | undefined): number | undefined {
  if (value === undefined) return undefined
  const { op } = value
  if (op.kind === 'constant') return typeof op.params.value === 'number' ? op.params.value : undefined
  if (op.kind === 'broadcast_in_dim' || op.kind === 'convert') return splatOf(op.operands[0])
  return undefined
}

/** Whether a value is this number everywhere, as exactly as f32 can tell. */
export function isSplat(value: Value | undefined, number: number): boolean {
  const found = splatOf(value)
  return found !== undefined && Math.fround(found) === Math.fround(number)
}

/** The vector [C] that is repeated over [...,C], perhaps as another type. */
export function perChannel(value: Value): Value | undefined {
  const plain = beforeConvert(value)
  const rank = plain.type.shape.length
  if (rank === 1) return plain
  const op = producer(plain, 'broadcast_in_dim')
  const vector = op?.operands[0]
  if (op === undefined || vector?.type.shape.length !== 1) return undefined
  return op.params.dims[0] === rank - 1 && vector.type.shape[0] === plain.type.shape[rank - 1] ? vector : undefined
}

/** What is repeated along a dim of size 1 to the shape of a value: `expand(x, shape)`. */
export function repeated(value: Value | undefined): Value | undefined {
  const op = producer(value, 'broadcast_in_dim')
  const source = op?.operands[0]
  if (op === undefined || source === undefined) return undefined
  return op.params.dims.every((dim, i) => dim === i) && source.type.shape.length === op.params.shape.length
    ? source
    : undefined
}

/** What is reduced over a dim that is kept with size 1, and that dim. */
export function reducedAlong(
  value: Value | undefined,
  kind: 'reduce_sum' | 'reduce_max',
): { readonly of: Value; readonly dim: number } | undefined {
  const op: OpOf<'reduce_sum'> | OpOf<'reduce_max'> | undefined = producer(operandOf(value, 'reshape'), kind)
  const of = op?.operands[0]
  const [dim, ...more] = op?.params.dims ?? []
  if (value === undefined || of === undefined || dim === undefined || more.length > 0) return undefined
  const kept = of.type.shape.map((size, i) => (i === dim ? 1 : size))
  return kept.length === value.type.shape.length && kept.every((size, i) => size === value.type.shape[i])
    ? { of, dim }
    : undefined
}

/** What the mean is taken of, over a dim that is kept with size 1: a sum times the reciprocal of the size. */
export function meanAlong(value: Value | undefined): { readonly of: Value; readonly dim: number } | undefined {
  const inner = operandOf(value, 'reshape')
  for (const [sum, factor] of bothOrders(inner, 'multiply')) {
    const op = producer(sum, 'reduce_sum')
    const of = op?.operands[0]
    const [dim, ...more] = op?.params.dims ?? []
    if (of === undefined || dim === undefined || more.length > 0) continue
    if (!isSplat(factor, 1 / (of.type.shape[dim] ?? 0))) continue
    if (value?.type.shape.length === of.type.shape.length && value.type.shape[dim] === 1) return { of, dim }
  }
  return undefined
}
