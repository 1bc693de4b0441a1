/** The StableHLO text of small graphs, as read when debugging. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Graph } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { type EmitOptions, moduleText } from '../../../compiler/stablehlo/emit-module.ts'
import { emitModule } from '../../helpers/emit-module.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

const cpu: EmitOptions = { platform: 'cpu' }

function build(body: (b: GraphBuilder) => Graph, replicas = 1): Graph {
  return body(new GraphBuilder('test', replicas))
}

/** The lines between the function's header and its return. */
function bodyOf(graph: Graph, options: EmitOptions = cpu): string {
  const lines = emitModule(graph, options).split('\n')
  const end = lines.findIndex((line) => line.includes('func.return'))
  return lines
    .slice(2, end)
    .map((line) => line.slice(4))
    .join('\n')
}

describe('modules', () => {
  it('is the same text every time', () => {
    for (const opCase of allOpCases) {
      expect(emitModule(opCase.graph(), cpu)).toBe(emitModule(opCase.graph(), cpu))
      expect(emitModule(opCase.graph(), { platform: 'cuda' })).toBe(emitModule(opCase.graph(), { platform: 'cuda' }))
    }
  })

  it('writes donation as an alias of the argument', () => {
    const graph = build((b) => {
      const x = b.input('x', { dtype: 'f32', shape: [2] })
      const total = b.input('total', { dtype: 'f32', shape: [2] })
      return b.finish([
        { name: 'loss', value: ops.sumAll(b, x) },
        { name: 'total', value: ops.add(b, total, x) },
      ])
    })
    const text = emitModule(graph, { ...cpu, donate: new Map([[1, 1]]) })
    expect(text.split('\n')[1]).toMatchInlineSnapshot(
      `"  func.func public @main(%arg0: tensor<2xf32>, %arg1: tensor<2xf32> {tf.aliasing_output = 1 : i32}) -> (tensor<f32>, tensor<2xf32>) {"`,
    )
    const twice = new Map([
      [0, 1],
      [1, 1],
    ])
    expect(() => emitModule(graph, { ...cpu, donate: twice })).toThrow('input 1 of test is donated to two outputs')
  })

  it('says where ops come from', () => {
    const source = { path: 'std/iresnet.arc', text: 'block basic\n  relu(x)\n' }
    const graph = build((b) => {
      const x = b.input('x', { dtype: 'f32', shape: [2] })
      const y = b.within({ span: { source, start: 14, end: 21 }, path: 'layer1.0' }, () => ops.negate(b, ops.abs(b, x)))
      const z = b.within({ path: 'say "hi"' }, () => ops.negate(b, y))
      return b.finish([{ name: 'y', value: ops.floor(b, z) }])
    })
    expect(moduleText(graph, cpu).located()).toMatchInlineSnapshot(`
      "module @test {
        func.func public @main(%arg0: tensor<2xf32> loc(#loc0)) -> (tensor<2xf32>) {
          %0 = "stablehlo.abs"(%arg0) : (tensor<2xf32>) -> tensor<2xf32> loc(#loc1)
          %1 = "stablehlo.negate"(%0) : (tensor<2xf32>) -> tensor<2xf32> loc(#loc1)
          %2 = "stablehlo.negate"(%1) : (tensor<2xf32>) -> tensor<2xf32> loc(#loc2)
          %3 = "stablehlo.floor"(%2) : (tensor<2xf32>) -> tensor<2xf32>
          "func.return"(%3) : (tensor<2xf32>) -> ()
        }
      }
      #loc0 = loc("x")
      #loc1 = loc("layer1.0"("std/iresnet.arc":2:3))
      #loc2 = loc("say \\22hi\\22")
      "
    `)
  })

  it('writes a loop as a while over trip number, invariants and carried values', () => {
    const graph = build((b) => {
      const type = { dtype: 'f32', shape: [2] } as const
      const [step, total] = [b.input('step', type), b.input('total', type)]
      const body = new GraphBuilder('body', 1)
      body.input('trip', { dtype: 'i32', shape: [] })
      const [s, t] = [body.input('step', type), body.input('total', type)]
      const region = body.finish([{ name: 'total', value: ops.add(body, t, s) }])
      return b.finish([
        { name: 'total', value: b.add('for_loop', [step, total], { trips: 3, invariants: 1 }, [region]) },
      ])
    })
    expect(bodyOf(graph)).toMatchInlineSnapshot(`
      "%0 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
      %6:3 = "stablehlo.while"(%0, %arg0, %arg1) ({
        ^bb0(%r0: tensor<i32>, %r1: tensor<2xf32>, %r2: tensor<2xf32>):
        %1 = "stablehlo.constant"() <{value = dense<3> : tensor<i32>}> : () -> tensor<i32>
        %2 = "stablehlo.compare"(%r0, %1) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%2) : (tensor<i1>) -> ()
      }, {
        ^bb0(%r3: tensor<i32>, %r4: tensor<2xf32>, %r5: tensor<2xf32>):
        %3 = "stablehlo.add"(%r5, %r4) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
        %4 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %5 = "stablehlo.add"(%r3, %4) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%5, %r4, %3) : (tensor<i32>, tensor<2xf32>, tensor<2xf32>) -> ()
      }) : (tensor<i32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<i32>, tensor<2xf32>, tensor<2xf32>)"
    `)
  })

  it('writes collectives over one group of all replicas, and none on one replica', () => {
    const collectives = (replicas: number) =>
      build((b) => {
        const x = b.input('x', { dtype: 'f32', shape: [4] })
        const sum = b.add('all_reduce', [x], { reduction: 'sum' })
        const part = b.add('reduce_scatter', [sum], { dim: 0 })
        return b.finish([{ name: 'y', value: b.add('all_gather', [part], { dim: 0 }) }])
      }, replicas)
    expect(bodyOf(collectives(2))).toMatchInlineSnapshot(`
      "%1 = "stablehlo.all_reduce"(%arg0) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
        ^bb0(%r0: tensor<f32>, %r1: tensor<f32>):
        %0 = "stablehlo.add"(%r0, %r1) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%0) : (tensor<f32>) -> ()
      }) : (tensor<4xf32>) -> tensor<4xf32>
      %3 = "stablehlo.reduce_scatter"(%1) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, scatter_dimension = 0 : i64}> ({
        ^bb0(%r2: tensor<f32>, %r3: tensor<f32>):
        %2 = "stablehlo.add"(%r2, %r3) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%2) : (tensor<f32>) -> ()
      }) : (tensor<4xf32>) -> tensor<2xf32>
      %4 = "stablehlo.all_gather"(%3) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<4xf32>"
    `)
    expect(bodyOf(collectives(1))).toBe('')
  })

  it('accumulates 16-bit products in f32, by operands on the CPU and by the result on CUDA', () => {
    const graph = build((b) => {
      const x = b.input('x', { dtype: 'f16', shape: [2, 3] })
      const y = b.input('y', { dtype: 'f16', shape: [3, 4] })
      return b.finish([{ name: 'z', value: ops.matmul(b, x, y) }])
    })
    expect(bodyOf(graph)).toMatchInlineSnapshot(`
      "%0 = "stablehlo.convert"(%arg0) : (tensor<2x3xf16>) -> tensor<2x3xf32>
      %1 = "stablehlo.convert"(%arg1) : (tensor<3x4xf16>) -> tensor<3x4xf32>
      %2 = "stablehlo.dot_general"(%0, %1) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
      %3 = "stablehlo.convert"(%2) : (tensor<2x4xf32>) -> tensor<2x4xf16>"
    `)
    expect(bodyOf(graph, { platform: 'cuda' })).toMatchInlineSnapshot(`
      "%0 = "stablehlo.dot_general"(%arg0, %arg1) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<2x3xf16>, tensor<3x4xf16>) -> tensor<2x4xf32>
      %1 = "stablehlo.convert"(%0) : (tensor<2x4xf32>) -> tensor<2x4xf16>"
    `)
  })

  it('writes acos without CHLO', () => {
    const graph = build((b) =>
      b.finish([{ name: 'y', value: ops.acos(b, b.input('x', { dtype: 'f32', shape: [2] })) }]),
    )
    expect(bodyOf(graph)).toMatchInlineSnapshot(`
      "%0 = "stablehlo.constant"() <{value = dense<0x3F800000> : tensor<2xf32>}> : () -> tensor<2xf32>
      %1 = "stablehlo.subtract"(%0, %arg0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %2 = "stablehlo.add"(%0, %arg0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %3 = "stablehlo.multiply"(%1, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %4 = "stablehlo.sqrt"(%3) : (tensor<2xf32>) -> tensor<2xf32>
      %5 = "stablehlo.atan2"(%4, %arg0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>"
    `)
  })

  it('writes rows of tables as gather and scatter', () => {
    const graph = build((b) => {
      const table = b.input('table', { dtype: 'f32', shape: [5, 2] })
      const rows = b.input('rows', { dtype: 'i32', shape: [3] })
      return b.finish([{ name: 'y', value: ops.scatterRows(b, table, rows, ops.takeRows(b, table, rows), 'add') }])
    })
    expect(bodyOf(graph)).toMatchInlineSnapshot(`
      "%0 = "stablehlo.gather"(%arg0, %arg1) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 2>}> : (tensor<5x2xf32>, tensor<3xi32>) -> tensor<3x2xf32>
      %2 = "stablehlo.scatter"(%arg0, %arg1, %0) <{indices_are_sorted = false, scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
        ^bb0(%r0: tensor<f32>, %r1: tensor<f32>):
        %1 = "stablehlo.add"(%r0, %r1) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%1) : (tensor<f32>) -> ()
      }) : (tensor<5x2xf32>, tensor<3xi32>, tensor<3x2xf32>) -> tensor<5x2xf32>"
    `)
  })
})
