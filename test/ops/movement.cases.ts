/** Cases of the ops that move elements. */
import type { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Value } from '../../compiler/ir/graph.ts'
import type { OpParams } from '../../compiler/ir/op.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { floats, given, type InputSpec, integers, type OpCase, opCase } from '../helpers/op-case.ts'

const broadcasts: readonly (readonly [string, InputSpec, OpParams['broadcast_in_dim']])[] = [
  ['a scalar', floats([]), { shape: [2, 3], dims: [] }],
  ['a scalar to a scalar', floats([]), { shape: [], dims: [] }],
  ['a row', floats([3]), { shape: [2, 3], dims: [1] }],
  ['a column', floats([2]), { shape: [2, 3], dims: [0] }],
  ['dims of 1', floats([2, 1, 3]), { shape: [2, 4, 3], dims: [0, 1, 2] }],
  ['dims of 1 elsewhere', floats([1, 2]), { shape: [3, 2, 4], dims: [0, 1] }],
  ['dims out of order', floats([2, 3]), { shape: [3, 4, 2], dims: [2, 0] }],
  ['the same shape', floats([2, 3]), { shape: [2, 3], dims: [0, 1] }],
  ['u32', integers([2], 0, 9, 'u32'), { shape: [2, 2], dims: [0] }],
  ['pred', integers([2], 0, 1, 'pred'), { shape: [2, 2], dims: [1] }],
]

const slices: readonly (readonly [string, InputSpec, OpParams['slice']])[] = [
  ['a part', floats([4, 5]), { start: [1, 2], limit: [3, 5], stride: [1, 1] }],
  ['every second', floats([5, 5]), { start: [0, 1], limit: [5, 5], stride: [2, 3] }],
  ['everything', floats([2, 3]), { start: [0, 0], limit: [2, 3], stride: [1, 1] }],
  ['nothing', floats([3]), { start: [2], limit: [2], stride: [1] }],
  ['i32', integers([6], -9, 9), { start: [1], limit: [6], stride: [2] }],
]

const pads: readonly (readonly [string, InputSpec, OpParams['pad']])[] = [
  ['around', floats([2, 3]), { low: [1, 0], high: [0, 2], interior: [0, 0] }],
  ['between', floats([3, 2]), { low: [0, 0], high: [0, 0], interior: [2, 1] }],
  ['around and between', floats([3]), { low: [2], high: [1], interior: [1] }],
  ['cropping', floats([4, 5]), { low: [-1, -2], high: [0, -1], interior: [0, 0] }],
  ['cropping one side, padding the other', floats([4]), { low: [-2], high: [3], interior: [0] }],
  ['cropping and between', floats([4]), { low: [-1], high: [-2], interior: [1] }],
  ['nothing to pad', floats([2]), { low: [0], high: [0], interior: [0] }],
]

const simpleCases: readonly OpCase[] = [
  ...broadcasts.map(([name, x, params]) =>
    opCase('broadcast_in_dim', name, { inputs: { x }, build: (b, v) => b.add('broadcast_in_dim', [v.x], params) }),
  ),
  ...(
    [
      ['flatten', [2, 3, 4], [24]],
      ['split and merge', [2, 6], [3, 4]],
      ['to a scalar', [1, 1], []],
      ['from a scalar', [], [1, 1]],
    ] as const
  ).map(([name, from, shape]) =>
    opCase('reshape', name, { inputs: { x: floats(from) }, build: (b, v) => b.add('reshape', [v.x], { shape }) }),
  ),
  ...(
    [
      ['a matrix', [2, 3], [1, 0]],
      ['rotate dims', [2, 3, 4], [2, 0, 1]],
      ['four dims', [2, 1, 3, 2], [3, 1, 0, 2]],
      ['nothing', [2, 3], [0, 1]],
    ] as const
  ).map(([name, shape, permutation]) =>
    opCase('transpose', name, {
      inputs: { x: floats(shape) },
      build: (b, v) => b.add('transpose', [v.x], { permutation }),
    }),
  ),
  ...(
    [
      ['columns', [2, 4, 3], [1]],
      ['both dims', [2, 3], [0, 1]],
      ['no dim', [2, 3], []],
    ] as const
  ).map(([name, shape, dims]) =>
    opCase('reverse', name, { inputs: { x: floats(shape) }, build: (b, v) => b.add('reverse', [v.x], { dims }) }),
  ),
  ...slices.map(([name, x, params]) =>
    opCase('slice', name, {
      inputs: { x },
      build: (b, v) => b.add('slice', [v.x], params),
      ...(name === 'nothing' ? { differentiable: [] } : {}),
    }),
  ),
  ...pads.map(([name, x, params]) =>
    opCase('pad', name, { inputs: { x, fill: floats([]) }, build: (b, v) => b.add('pad', [v.x, v.fill], params) }),
  ),
  opCase('concatenate', 'three along the last dim', {
    inputs: { x: floats([2, 3]), y: floats([2, 1]), z: floats([2, 2]) },
    build: (b, v) => b.add('concatenate', [v.x, v.y, v.z], { dim: 1 }),
  }),
  opCase('concatenate', 'the same tensor twice along the first dim', {
    inputs: { x: floats([2, 3]) },
    build: (b, v) => b.add('concatenate', [v.x, v.x], { dim: 0 }),
  }),
  opCase('concatenate', 'one, and an empty one', {
    inputs: { x: integers([2], 0, 9), y: integers([0], 0, 9) },
    build: (b, v) => [b.add('concatenate', [v.x], { dim: 0 }), b.add('concatenate', [v.y, v.x], { dim: 0 })],
  }),
]

/** Starts as scalars: the interface of the dynamic ops. */
function scalars(b: GraphBuilder, starts: Value, count: number): Value[] {
  return Array.from({ length: count }, (_, i) =>
    b.add('reshape', [b.add('slice', [starts], { start: [i], limit: [i + 1], stride: [1] })], { shape: [] }),
  )
}

const dynamicCases: readonly OpCase[] = (
  [
    ['inside', [1, 2]],
    ['clamped at the end', [3, 9]],
    ['clamped at the start', [-4, 0]],
  ] as const
).flatMap(([name, numbers]) => {
  const starts = given('i32', [2], numbers)
  return [
    opCase('dynamic_slice', name, {
      inputs: { x: floats([4, 5]), starts },
      build: (b, v) => b.add('dynamic_slice', [v.x, ...scalars(b, v.starts, 2)], { sizes: [2, 3] }),
    }),
    opCase('dynamic_update_slice', name, {
      inputs: { x: floats([4, 5]), update: floats([2, 3]), starts },
      build: (b, v) => b.add('dynamic_update_slice', [v.x, v.update, ...scalars(b, v.starts, 2)], {}),
    }),
  ]
})

const rowCases: readonly OpCase[] = [
  opCase('gather_rows', 'repeated rows', {
    inputs: { table: floats([4, 3]), rows: given('i32', [5], [3, 0, 3, 1, 3]) },
    build: (b, v) => b.add('gather_rows', [v.table, v.rows], {}),
  }),
  opCase('gather_rows', 'clamped to the table', {
    inputs: { table: floats([4, 3]), rows: given('i32', [3], [-1, 4, 2]) },
    build: (b, v) => b.add('gather_rows', [v.table, v.rows], {}),
  }),
  opCase('gather_rows', 'of a vector', {
    inputs: { table: integers([4], -9, 9), rows: given('i32', [2], [2, 0]) },
    build: (b, v) => b.add('gather_rows', [v.table, v.rows], {}),
  }),
  opCase('gather_rows', 'of rank 3, no rows', {
    inputs: { table: floats([4, 2, 3]), rows: given('i32', [0], []) },
    build: (b, v) => b.add('gather_rows', [v.table, v.rows], {}),
    differentiable: [],
  }),
  opCase('gather_rows', 'constant positions', {
    inputs: { table: floats([4, 2, 3]) },
    build: (b, v) =>
      b.add('gather_rows', [v.table, ops.constant(b, { dtype: 'i32', shape: [5] }, Int32Array.of(3, 0, 0, 2, 3))], {}),
  }),
  opCase('gather_rows', 'of rank 3', {
    inputs: { table: floats([4, 2, 3]), rows: given('i32', [2], [1, 3]) },
    build: (b, v) => b.add('gather_rows', [v.table, v.rows], {}),
  }),
  ...(['set', 'add'] as const).flatMap((mode) => [
    opCase('scatter_rows', `${mode}: distinct rows`, {
      inputs: { table: floats([5, 2]), rows: given('i32', [3], [4, 0, 2]), update: floats([3, 2]) },
      build: (b, v) => b.add('scatter_rows', [v.table, v.rows, v.update], { mode }),
    }),
    opCase('scatter_rows', `${mode}: rows outside are dropped`, {
      inputs: { table: floats([5, 2]), rows: given('i32', [4], [-1, 5, 1, 70000]), update: floats([4, 2]) },
      build: (b, v) => b.add('scatter_rows', [v.table, v.rows, v.update], { mode }),
    }),
  ]),
  opCase('scatter_rows', 'add: repeated rows', {
    inputs: { table: floats([3, 2]), rows: given('i32', [5], [1, 1, 0, 1, 0]), update: floats([5, 2]) },
    build: (b, v) => b.add('scatter_rows', [v.table, v.rows, v.update], { mode: 'add' }),
  }),
  opCase('scatter_rows', 'add: into a vector of i32', {
    inputs: { table: integers([3], 0, 9), rows: given('i32', [3], [1, 1, 2]), update: integers([3], 0, 9) },
    build: (b, v) => b.add('scatter_rows', [v.table, v.rows, v.update], { mode: 'add' }),
  }),
]

export const movementCases: readonly OpCase[] = [...simpleCases, ...dynamicCases, ...rowCases]
