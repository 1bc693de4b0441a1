/**
 * The cost of running an op once on one replica: arithmetic, memory traffic, bytes sent. One rule per op kind.
 *
 * Legend: R replicas, n bytes, N batch, H' W' result height and width, C channels, O output channels, kh kw window.
 */
import { byteSize, elementCount } from './dtype.ts'
import { type OpOf, operandAt, resultAt, type Value } from './graph.ts'
import type { OpKind } from './op.ts'
import type {
  CollectiveKind,
  ControlKind,
  ElementwiseKind,
  LinalgKind,
  MovementKind,
  ReduceKind,
  SourceKind,
} from './op-family.ts'

/** What limits an op: the units it runs on. */
export const costClasses = ['matmul', 'conv', 'elementwise', 'reduce', 'movement', 'collective', 'free'] as const
export type CostClass = (typeof costClasses)[number]

export interface RuleCost {
  readonly class: CostClass
  /** Additions and multiplications; any other function counts as 1 per element. */
  readonly flops: number
  /** Bytes read from each operand and written to each result if all of them were in memory. */
  readonly reads: readonly number[]
  readonly writes: readonly number[]
  /** Bytes sent by each replica with ring algorithms. */
  readonly wireBytes: number
}

type CostRule<K extends OpKind> = (op: OpOf<K>, replicas: number) => RuleCost

const sizeOf = (value: Value) => byteSize(value.type)
const countOf = (value: Value) => elementCount(value.type.shape)

/** Reads all operands once and writes all results once. */
function streaming(kind: CostClass, flops: (op: OpOf<OpKind>) => number): CostRule<OpKind> {
  return (op) => ({
    class: kind,
    flops: flops(op),
    reads: op.operands.map(sizeOf),
    writes: op.results.map(sizeOf),
    wireBytes: 0,
  })
}

const free: CostRule<OpKind> = (op) => ({
  class: 'free',
  flops: 0,
  reads: op.operands.map(() => 0),
  writes: op.results.map(() => 0),
  wireBytes: 0,
})

/** One operation per element of the result. */
const elementwise = streaming('elementwise', (op) => countOf(resultAt(op, 0)))
const reduce = streaming('reduce', (op) => countOf(operandAt(op, 0)))
const movement = streaming('movement', () => 0)

const costSources: { readonly [K in SourceKind]: CostRule<K> } = {
  input: free,
  constant: free,
  iota: free,
  replica_id: free,
}

const costElementwise: { readonly [K in ElementwiseKind]: CostRule<K> } = {
  abs: elementwise,
  negate: elementwise,
  sign: elementwise,
  floor: elementwise,
  exponential: elementwise,
  log: elementwise,
  sqrt: elementwise,
  rsqrt: elementwise,
  tanh: elementwise,
  logistic: elementwise,
  sine: elementwise,
  cosine: elementwise,
  acos: elementwise,
  erf: elementwise,
  not: elementwise,
  is_finite: elementwise,
  convert: elementwise,
  bitcast: elementwise,
  add: elementwise,
  subtract: elementwise,
  multiply: elementwise,
  divide: elementwise,
  remainder: elementwise,
  power: elementwise,
  maximum: elementwise,
  minimum: elementwise,
  and: elementwise,
  or: elementwise,
  xor: elementwise,
  shift_left: elementwise,
  shift_right_logical: elementwise,
  compare: elementwise,
  select: elementwise,
}

/** Reads only as much of the first operand as the result holds. */
const partRead: CostRule<OpKind> = (op) => {
  const [, ...others] = op.operands
  const part = sizeOf(resultAt(op, 0))
  return { class: 'movement', flops: 0, reads: [part, ...others.map(sizeOf)], writes: [part], wireBytes: 0 }
}

const costMovement: { readonly [K in MovementKind]: CostRule<K> } = {
  broadcast_in_dim: movement,
  /** If its operand is in memory, a reshape is only another view of it: see `cost.ts`. */
  reshape: movement,
  transpose: movement,
  reverse: movement,
  slice: partRead,
  pad: movement,
  concatenate: movement,
  dynamic_slice: partRead,
  /** In place: only the updated part is written. */
  dynamic_update_slice: (op) => {
    const [, update, ...starts] = op.operands.map(sizeOf)
    const part = update ?? 0
    return { class: 'movement', flops: 0, reads: [0, part, ...starts], writes: [part], wireBytes: 0 }
  },
  gather_rows: partRead,
  /** In place, like `dynamic_update_slice`; `add` also reads the old rows. */
  scatter_rows: (op) => {
    const update = operandAt(op, 2)
    const part = sizeOf(update)
    const adds = op.params.mode === 'add'
    return {
      class: 'movement',
      flops: adds ? countOf(update) : 0,
      reads: [adds ? part : 0, sizeOf(operandAt(op, 1)), part],
      writes: [part],
      wireBytes: 0,
    }
  },
}

const costReduce: { readonly [K in ReduceKind]: CostRule<K> } = {
  reduce_sum: reduce,
  reduce_max: reduce,
  reduce_min: reduce,
}

/** 2·N·H'·W'·O·kh·kw·C/groups for all three kinds: the same products, summed into different tensors. Padding counts as work. */
function convolution<K extends 'conv2d' | 'conv2d_input_grad' | 'conv2d_filter_grad'>(
  result: (op: OpOf<K>) => readonly number[],
  filter: (op: OpOf<K>) => readonly number[],
): CostRule<K> {
  return (op) => {
    const [kh = 0, kw = 0, channels = 0] = filter(op)
    return {
      class: 'conv',
      flops: 2 * elementCount(result(op)) * kh * kw * channels,
      reads: op.operands.map(sizeOf),
      writes: op.results.map(sizeOf),
      wireBytes: 0,
    }
  }
}

const costLinalg: { readonly [K in LinalgKind]: CostRule<K> } = {
  dot_general: (op, replicas) => {
    const { shape } = operandAt(op, 0).type
    const summed = elementCount(op.params.lhsContract.map((dim) => shape[dim] ?? 0))
    return { ...movement(op, replicas), class: 'matmul', flops: 2 * countOf(resultAt(op, 0)) * summed }
  },
  conv2d: convolution(
    (op) => resultAt(op, 0).type.shape,
    (op) => operandAt(op, 1).type.shape,
  ),
  conv2d_input_grad: convolution(
    (op) => operandAt(op, 0).type.shape,
    (op) => operandAt(op, 1).type.shape,
  ),
  conv2d_filter_grad: convolution(
    (op) => operandAt(op, 1).type.shape,
    (op) => op.params.filterShape,
  ),
  /** One comparison for each place of each window; the gradient also finds the first of equal ones. */
  max_pool: (op, replicas) => ({
    ...reduce(op, replicas),
    flops: elementCount(op.params.window) * countOf(resultAt(op, 0)),
  }),
  max_pool_grad: (op, replicas) => ({
    ...reduce(op, replicas),
    flops: 3 * elementCount(op.params.window) * countOf(operandAt(op, 1)),
  }),
  /** Sums of x and its square, then a multiplication and an addition. `fusion.ts` counts the second read. */
  batch_norm_training: streaming('reduce', (op) => 5 * countOf(operandAt(op, 0))),
  /** Two sums over products with the normalized x, then the gradient of x. */
  batch_norm_grad: streaming('reduce', (op) => 10 * countOf(operandAt(op, 0))),
}

const costControl: { readonly [K in ControlKind]: CostRule<K> } = {
  /** The ops of its body are counted individually, times the number of trips. */
  for_loop: free,
  optimization_barrier: free,
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** `n` bytes travel around the ring `rounds` times, except each replica's own part. */
function ring(op: OpOf<OpKind>, replicas: number, rounds: number, n: number, flops: number): RuleCost {
  return {
    class: 'collective',
    flops,
    reads: op.operands.map(sizeOf),
    writes: op.results.map(sizeOf),
    wireBytes: (rounds * (replicas - 1) * n) / replicas,
  }
}

const costCollective: { readonly [K in CollectiveKind]: CostRule<K> } = {
  all_reduce: (op, replicas) =>
    ring(op, replicas, 2, sum(op.operands.map(sizeOf)), (replicas - 1) * sum(op.operands.map(countOf))),
  all_gather: (op, replicas) => ring(op, replicas, 1, sizeOf(resultAt(op, 0)), 0),
  reduce_scatter: (op, replicas) =>
    ring(op, replicas, 1, sizeOf(operandAt(op, 0)), (replicas - 1) * countOf(resultAt(op, 0))),
}

const costRules: { readonly [K in OpKind]: CostRule<K> } = {
  ...costSources,
  ...costElementwise,
  ...costMovement,
  ...costReduce,
  ...costLinalg,
  ...costControl,
  ...costCollective,
}

/** The cost of a single op if all its operands and results were in memory. */
export function ruleCost<K extends OpKind>(op: OpOf<K>, replicas: number): RuleCost {
  return costRules[op.kind](op, replicas)
}
