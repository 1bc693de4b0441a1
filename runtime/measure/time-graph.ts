/** Seconds of one run of a graph on an engine, inputs already there. */
import { elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, HostTensor } from '../engine.ts'

export interface TimingOptions {
  /** Runs at least so often, and until `budget` seconds are over; 3 and 0.15 by default. */
  readonly runs?: number
  readonly budget?: number
}

/** Finite numbers of either sign, none of them special to a kernel: one block of them again and again. */
const block = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i) * 0.1)

/** Some contents for an input of type f32, u8 or i32. */
export function sampleTensor({ dtype, shape }: TensorType): HostTensor {
  const count = elementCount(shape)
  if (dtype === 'u8') return { dtype, shape, data: new Uint8Array(count).fill(100) }
  if (dtype === 'i32') return { dtype, shape, data: new Int32Array(count) }
  if (dtype !== 'f32') bug(`no sample of ${dtype}`)
  const data = new Float32Array(count)
  for (let at = 0; at < count; at += block.length) data.set(block.subarray(0, count - at), at)
  return { dtype, shape, data }
}

/**
 * The mean of the faster half of the runs, which is what a quiet computer takes; the first run, which warms caches up, does not
 * count.
 */
export async function timeGraph(engine: Engine, graph: Graph, options: TimingOptions = {}): Promise<number> {
  const { runs = 3, budget = 0.15 } = options
  const program = await engine.compile(graph)
  const inputs: DeviceTensor[][] = []
  try {
    for (let replica = 0; replica < engine.replicas; replica++) {
      const own: DeviceTensor[] = []
      inputs.push(own)
      for (const value of graph.inputs) own.push(await engine.upload(replica, sampleTensor(value.type)))
    }
    const times: number[] = []
    const began = performance.now()
    for (let run = 0; run <= runs || performance.now() - began < budget * 1000; run++) {
      const start = performance.now()
      const outputs = await program.run(inputs)
      if (run > 0) times.push((performance.now() - start) / 1000)
      for (const output of outputs.flat()) output.dispose()
    }
    const faster = times.sort((a, b) => a - b).slice(0, Math.ceil(times.length / 2))
    return faster.reduce((sum, seconds) => sum + seconds, 0) / faster.length
  } finally {
    for (const tensor of inputs.flat()) tensor.dispose()
    program.dispose()
  }
}
