/**
 * Which sizes of a graph are multiples of the number of images: two graphs of the same network, for two numbers of images, are
 * compared.
 */
import { type Graph, type Op, type OpOf, resultAt, type Value } from '../../../compiler/ir/graph.ts'
import type { OpKind } from '../../../compiler/ir/op.ts'
import type { InferenceGraph } from '../../../compiler/plan/inference-graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { onnxErrors } from './messages.ts'

/** The size of a dim: `count`, or `count` per image. */
export interface Extent {
  readonly count: number
  readonly ofBatch: boolean
}

export type Extents = (value: Value) => readonly Extent[]

/** Whether the dim has one element, whatever the number of images. */
export function isOne({ count, ofBatch }: Extent): boolean {
  return count === 1 && !ofBatch
}

export function sameExtent(a: Extent | undefined, b: Extent | undefined): boolean {
  return a?.count === b?.count && a?.ofBatch === b?.ofBatch
}

/** Parameters that are shapes or parts of them: sizes in them may depend on the number of images. */
const sizes: ReadonlySet<string> = new Set(['shape', 'limit', 'sizes', 'inputShape'])

/** The extents of all values of the first graph. Throws ARC6801 if anything but sizes of dims differs between the graphs. */
export function extentsOf({ graphs: [one, other], batches }: InferenceGraph): Extents {
  const known = new Map<Value, readonly Extent[]>()
  if (one.ops.length !== other.ops.length)
    throw dependent(firstDifference(one, other), 'which changes what is computed')
  one.ops.forEach((op, i) => {
    const twin = need(other.ops[i], 'an op')
    if (!isAlike(op, twin, batches)) throw dependent(op, 'and not only in the size of a dim')
    op.results.forEach((value, index) => {
      const { shape } = resultAt(twin, index).type
      known.set(
        value,
        value.type.shape.map((size, dim) => extent(size, shape[dim] ?? 0, batches) ?? misfit(op)),
      )
    })
  })
  return (value) => need(known.get(value), 'the extents of a value')
}

function misfit(op: Op): never {
  throw dependent(op, 'and not in proportion')
}

function firstDifference(one: Graph, other: Graph): Op {
  const at = one.ops.findIndex((op, i) => op.kind !== other.ops[i]?.kind)
  return need(one.ops[at < 0 ? one.ops.length - 1 : at], 'an op')
}

/** Where an op stands, for messages. */
export function placeOf({ origin, kind }: OpOf<OpKind>): string {
  return origin.path === '' ? `its ${kind}` : origin.path
}

function dependent(op: Op, reason: string) {
  return onnxErrors('ARC6801', { place: placeOf(op), reason })
}

function extent(size: number, twin: number, [n, m]: readonly [number, number]): Extent | undefined {
  if (size === twin) return { count: size, ofBatch: false }
  const count = size / n
  return Number.isInteger(count) && twin === count * m ? { count, ofBatch: true } : undefined
}

function isAlike(op: Op, twin: Op, batches: readonly [number, number]): boolean {
  if (op.kind !== twin.kind) return false
  return Object.entries(op.params).every(([key, value]) => {
    const own: unknown = value
    const its: unknown = Object.entries(twin.params).find(([name]) => name === key)?.[1]
    return sizes.has(key) && Array.isArray(own) && Array.isArray(its)
      ? own.length === its.length && own.every((size, i) => extent(Number(size), Number(its[i]), batches) !== undefined)
      : isEqual(own, its)
  })
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  const [left, right] = [listOf(a), listOf(b)]
  return (
    left !== undefined &&
    right !== undefined &&
    left.length === right.length &&
    left.every((own, i) => isEqual(own, right[i]))
  )
}

function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Uint8Array) : undefined
}
