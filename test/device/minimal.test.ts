/**
 * The shortest complete use of the engine, to be read first: a graph, a program, tensors on a device, a run, results.
 */
import { expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'
import { emitModule } from '../helpers/emit-module.ts'
import { describeOnXla } from '../helpers/xla.ts'

describeOnXla('minimal', () => {
  it('computes y = x·w + 1 on one device', async () => {
    const b = new GraphBuilder('affine', 1)
    const x = b.input('x', { dtype: 'f32', shape: [2, 3] })
    const w = b.input('w', { dtype: 'f32', shape: [3, 1] })
    const graph = b.finish([{ name: 'y', value: ops.add(b, ops.matmul(b, x, w), 1) }])

    expect(emitModule(graph, { platform: 'cpu' })).toMatchInlineSnapshot(`
      "module @affine {
        func.func public @main(%arg0: tensor<2x3xf32>, %arg1: tensor<3x1xf32>) -> (tensor<2x1xf32>) {
          %0 = "stablehlo.dot_general"(%arg0, %arg1) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}> : (tensor<2x3xf32>, tensor<3x1xf32>) -> tensor<2x1xf32>
          %1 = "stablehlo.constant"() <{value = dense<0x3F800000> : tensor<2x1xf32>}> : () -> tensor<2x1xf32>
          %2 = "stablehlo.add"(%0, %1) : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
          "func.return"(%2) : (tensor<2x1xf32>) -> ()
        }
      }
      "
    `)

    const engine = await createXlaEngine({ world: oneProcess(1) })
    expect(engine.description).toMatch(/^XLA CPU \(PJRT 0\.\d+\) with (oneDNN|XLA's own kernels), 1 device$/)
    const executable = await engine.compile(graph)
    const xOnDevice = await engine.upload(0, { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    const wOnDevice = await engine.upload(0, { dtype: 'f32', shape: [3, 1], data: Float32Array.of(1, 10, 100) })

    const [results] = await executable.run([[xOnDevice, wOnDevice]])
    const y = await results?.[0]?.read()
    expect(y).toEqual({ dtype: 'f32', shape: [2, 1], data: Float32Array.of(322, 655) })
    expect(executable.memory).toMatchObject({ arguments: 36, outputs: 8 })

    for (const tensor of [xOnDevice, wOnDevice, ...(results ?? [])]) tensor.dispose()
    executable.dispose()
    expect(engine.alive).toBe(0)
    engine.dispose()
  })
})
