/** Runs graphs in tests: on the reference or on an engine, with the same interface. */

import type { Graph } from '../../compiler/ir/graph.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../runtime/engine.ts'
import { difference } from './host-tensor.ts'
import type { OpCase } from './op-case.ts'
import { evaluate } from './reference.ts'

/** Runs a graph once: `inputs[replica][i]` gives `outputs[replica][i]`. */
export type RunGraph = (graph: Graph, inputs: readonly (readonly HostTensor[])[]) => Promise<HostTensor[][]>

export const runOnReference: RunGraph = async (graph, inputs) => evaluate(graph, inputs)

/** Runs on an engine of the graph's number of replicas, and leaves nothing alive on it. */
export function runOnEngine(engine: Engine): RunGraph {
  return async (graph, inputs) => {
    const executable = await engine.compile(graph)
    try {
      const uploads = inputs.map((own, replica) => Promise.all(own.map((tensor) => engine.upload(replica, tensor))))
      const given = await Promise.all(uploads)
      const results = await executable.run(given)
      const outputs = await Promise.all(results.map((own) => Promise.all(own.map((tensor) => tensor.read()))))
      for (const tensor of [...given, ...results].flat()) tensor.dispose()
      return outputs
    } finally {
      executable.dispose()
    }
  }
}

/** Where a case comes out unlike the reference: one line per output and replica; empty where all is well. */
export async function caseDifferences(opCase: OpCase, run: RunGraph): Promise<string[]> {
  const graph = opCase.graph()
  const wanted = evaluate(graph, opCase.inputs)
  const actual = await run(graph, opCase.inputs)
  return wanted.flatMap((own, replica) =>
    own.flatMap((tensor, i) => {
      const text = difference(need(actual[replica]?.[i], `output ${i}`), tensor, opCase.tolerance)
      return text === undefined ? [] : [`replica ${replica}, output ${i}: ${text}`]
    }),
  )
}
