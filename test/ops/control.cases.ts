/** Cases of control flow and of the collectives. */
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { floats, integers, type OpCase, opCase } from '../helpers/op-case.ts'

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const
const tripType = { dtype: 'i32', shape: [] } as const

/** x → x · factor + trip, in f32. */
function affineBody(): Graph {
  const b = new GraphBuilder('affine', 1)
  const trip = b.input('trip', tripType)
  const factor = b.input('factor', f32(3))
  const x = b.input('x', f32(3))
  const step = b.add('broadcast_in_dim', [b.add('convert', [trip], { dtype: 'f32' })], { shape: [3], dims: [] })
  const next = b.add('add', [b.add('multiply', [x, factor], {}), step], {})
  return b.finish([{ name: 'x', value: next }])
}

/** Two carried values that swap, and one that does not change. */
function swapBody(): Graph {
  const b = new GraphBuilder('swap', 1)
  b.input('trip', tripType)
  const x = b.input('x', f32(2))
  const y = b.input('y', f32(2))
  const z = b.input('z', { dtype: 'i32', shape: [1] })
  return b.finish([
    { name: 'x', value: y },
    { name: 'y', value: x },
    { name: 'z', value: z },
  ])
}

/** Doubles row `trip` of a carried table in place, and sums all rows: the shape of the chunked head. */
function chunkBody(replicas: number): Graph {
  const b = new GraphBuilder('chunk', replicas)
  const trip = b.input('trip', tripType)
  const table = b.input('table', f32(4, 3))
  const sum = b.input('sum', f32(3))
  const zero = b.add('constant', [], { dtype: 'i32', shape: [], value: 0 })
  const row = b.add('dynamic_slice', [table, trip, zero], { sizes: [1, 3] })
  const twice = b.add('add', [row, row], {})
  const next = b.add('dynamic_update_slice', [table, twice, trip, zero], {})
  const total = b.add('add', [sum, b.add('reshape', [row], { shape: [3] })], {})
  return b.finish([
    { name: 'table', value: next },
    { name: 'sum', value: total },
  ])
}

/** An outer loop around `affineBody`. */
function nestedBody(): Graph {
  const b = new GraphBuilder('nested', 1)
  b.input('trip', tripType)
  const factor = b.input('factor', f32(3))
  const x = b.input('x', f32(3))
  const next = b.add('for_loop', [factor, x], { trips: 2, invariants: 1 }, [affineBody()])
  return b.finish([{ name: 'x', value: next }])
}

/** Sums a carried value over the replicas on every trip. */
function reducingBody(): Graph {
  const b = new GraphBuilder('reducing', 2)
  b.input('trip', tripType)
  const x = b.input('x', f32(2))
  const sum = b.add('all_reduce', [x], { reduction: 'sum' })
  return b.finish([{ name: 'x', value: b.add('tanh', [sum], {}) }])
}

const loopCases: readonly OpCase[] = [
  ...[0, 1, 4].map((trips) =>
    opCase('for_loop', `one carried value, ${trips} trips`, {
      inputs: { factor: floats([3]), x: floats([3]) },
      build: (b, v) => b.add('for_loop', [v.factor, v.x], { trips, invariants: 1 }, [affineBody()]),
      differentiable: [],
    }),
  ),
  opCase('for_loop', 'carried values change places', {
    inputs: { x: floats([2]), y: floats([2]), z: integers([1], 0, 9) },
    build: (b, v) => b.addAll('for_loop', [v.x, v.y, v.z], { trips: 3, invariants: 0 }, [swapBody()]),
    differentiable: [],
  }),
  opCase('for_loop', 'rows updated in place', {
    inputs: { table: floats([4, 3]), sum: floats([3]) },
    build: (b, v) => b.addAll('for_loop', [v.table, v.sum], { trips: 4, invariants: 0 }, [chunkBody(1)]),
    differentiable: [],
  }),
  opCase('for_loop', 'a loop in a loop', {
    inputs: { factor: floats([3]), x: floats([3]) },
    build: (b, v) => b.add('for_loop', [v.factor, v.x], { trips: 3, invariants: 1 }, [nestedBody()]),
    differentiable: [],
  }),
  opCase('for_loop', 'all_reduce inside', {
    replicas: 2,
    inputs: { x: floats([2]) },
    build: (b, v) => b.add('for_loop', [v.x], { trips: 2, invariants: 0 }, [reducingBody()]),
    differentiable: [],
  }),
]

const barrierCases: readonly OpCase[] = [
  opCase('optimization_barrier', 'one value', {
    inputs: { x: floats([2, 3]) },
    build: (b, v) => b.add('optimization_barrier', [v.x], {}),
  }),
  opCase('optimization_barrier', 'several values, one of them of no use', {
    inputs: { x: floats([2]), y: floats([2, 2]), z: integers([3], 0, 9) },
    build: (b, v) => b.addAll('optimization_barrier', [v.x, v.y, v.z], {}).slice(0, 2),
  }),
]

const collectiveCases: readonly OpCase[] = [1, 2, 4].flatMap((replicas) => [
  opCase('all_reduce', `sum over ${replicas}`, {
    replicas,
    inputs: { x: floats([2, 3]) },
    build: (b, v) => b.add('all_reduce', [v.x], { reduction: 'sum' }),
  }),
  opCase('all_reduce', `max over ${replicas}`, {
    replicas,
    inputs: { x: floats([4]) },
    build: (b, v) => b.add('all_reduce', [v.x], { reduction: 'max' }),
  }),
  opCase('all_gather', `first dim of ${replicas}`, {
    replicas,
    inputs: { x: floats([2, 3]) },
    build: (b, v) => b.add('all_gather', [v.x], { dim: 0 }),
  }),
  opCase('all_gather', `last dim of ${replicas}`, {
    replicas,
    inputs: { x: floats([2, 3]) },
    build: (b, v) => b.add('all_gather', [v.x], { dim: 1 }),
  }),
  opCase('reduce_scatter', `first dim over ${replicas}`, {
    replicas,
    inputs: { x: floats([4, 3]) },
    build: (b, v) => b.add('reduce_scatter', [v.x], { dim: 0 }),
  }),
  opCase('reduce_scatter', `last dim over ${replicas}`, {
    replicas,
    inputs: { x: floats([2, 8]) },
    build: (b, v) => b.add('reduce_scatter', [v.x], { dim: 1 }),
  }),
])

const otherCollectiveCases: readonly OpCase[] = [
  opCase('all_reduce', 'several operands at once', {
    replicas: 2,
    inputs: { x: floats([3]), y: floats([2, 2]), scalar: floats([]) },
    build: (b, v) => b.addAll('all_reduce', [v.x, v.y, v.scalar], { reduction: 'sum' }),
  }),
  opCase('all_reduce', 'i32', {
    replicas: 2,
    inputs: { x: integers([3], -9, 9) },
    build: (b, v) => b.add('all_reduce', [v.x], { reduction: 'sum' }),
  }),
  opCase('all_gather', 'i32 labels', {
    replicas: 2,
    inputs: { x: integers([3], 0, 99) },
    build: (b, v) => b.add('all_gather', [v.x], { dim: 0 }),
  }),
  opCase('all_gather', 'u8 images', {
    replicas: 2,
    inputs: { x: integers([1, 2, 2, 1], 0, 255, 'u8') },
    build: (b, v) => b.add('all_gather', [v.x], { dim: 0 }),
  }),
  ...[1, 3].map((replicas) =>
    opCase('replica_id', `of ${replicas}`, { replicas, inputs: {}, build: (b) => b.add('replica_id', [], {}) }),
  ),
  opCase('all_reduce', 'a mean of what each replica made of its number', {
    replicas: 2,
    inputs: { x: floats([3]) },
    build: (b, v) => {
      const id = b.add('convert', [b.add('replica_id', [], {})], { dtype: v.x.type.dtype })
      const own = b.add('multiply', [v.x, b.add('broadcast_in_dim', [id], { shape: [3], dims: [] })], {})
      const half = b.add('constant', [], { dtype: v.x.type.dtype, shape: [3], value: 0.5 })
      return b.add('multiply', [b.add('all_reduce', [own], { reduction: 'sum' }), half], {})
    },
  }),
]

export const controlCases: readonly OpCase[] = [
  ...loopCases,
  ...barrierCases,
  ...collectiveCases,
  ...otherCollectiveCases,
]
