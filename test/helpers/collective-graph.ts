/** One graph with every collective, for a comparison of processes with devices of one process. */
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../compiler/ir/graph.ts'
import { forLoop } from '../../compiler/ir/loop.ts'
import * as ops from '../../compiler/ir/ops.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { randomOf } from './op-case.ts'

const dtypes: readonly DType[] = ['f32', 'bf16', 'f16', 'f64', 'i32', 'u32', 'i8', 'u8']
/** More bytes than a connection takes at once, and a number that nothing divides. */
const long = 300_007

/** Inputs: x [long], y [3,2·R,5] of f32. */
export function collectiveGraph(replicas: number): Graph {
  const b = new GraphBuilder('collectives', replicas)
  const x = b.input('x', { dtype: 'f32', shape: [long] })
  const y = b.input('y', { dtype: 'f32', shape: [3, 2 * replicas, 5] })
  const named: { name: string; value: Value }[] = []
  const add = (name: string, value: Value) => void named.push({ name, value })
  const parts = dtypes.map((dtype) => ops.convert(b, ops.sliceDim(b, x, 0, 0, 1001), dtype))
  b.addAll('all_reduce', parts, { reduction: 'sum' }).forEach((sum, i) => {
    add(`sum ${dtypes[i]}`, sum)
  })
  b.addAll('all_reduce', parts, { reduction: 'max' }).forEach((max, i) => {
    add(`max ${dtypes[i]}`, max)
  })
  add('long', b.add('all_reduce', [x], { reduction: 'sum' }))
  for (const dim of [0, 1, 2]) add(`gather ${dim}`, b.add('all_gather', [y], { dim }))
  add('gather of 8 bits', b.add('all_gather', [ops.convert(b, y, 'i8')], { dim: 1 }))
  add('scatter', b.add('reduce_scatter', [y], { dim: 1 }))
  add('scatter of 16 bits', b.add('reduce_scatter', [ops.convert(b, y, 'bf16')], { dim: 1 }))
  add('replica', ops.replicaId(b))
  const [looped = y] = forLoop(b, 3, [], [y], ({ builder, carried: [carried = y] }) => [
    builder.add('reduce_scatter', [builder.add('all_gather', [carried], { dim: 0 })], { dim: 0 }),
  ])
  add('looped', looped)
  add('after the loop', b.add('all_reduce', [looped], { reduction: 'sum' }))
  return b.finish(named)
}

/** Of one replica. */
export function collectiveInputs(graph: Graph, replica: number): HostTensor[] {
  const random = randomOf(`replica ${replica}`)
  return graph.inputs.map(({ type: { dtype, shape } }) => {
    const count = shape.reduce((n, size) => n * size, 1)
    return { dtype, shape, data: Float32Array.from({ length: count }, () => 100 * random() - 50) }
  })
}
