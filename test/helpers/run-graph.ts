/** Runs graphs in tests: on the reference or on an engine, with the same interface. */

import type { Graph } from '../../compiler/ir/graph.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../runtime/engine.ts'
import { difference } from './host-tensor.ts'
import type { OpCase } from './op-case.ts'
import { evaluate } from './reference.ts'

/** Tensors of each replica. */
export type Tensors = readonly (readonly HostTensor[])[]

interface OpenGraph {
  /** `inputs[replica][i]` gives `outputs[replica][i]`. */
  run(inputs: Tensors): Promise<Tensors>
  close(): void
}

export type OpenOn = (graph: Graph) => Promise<OpenGraph>

export const openOnReference: OpenOn = async (graph) => ({
  run: async (inputs) => evaluate(graph, inputs),
  close: () => {},
})

/** Runs a graph once, on the reference. */
export async function runOnReference(graph: Graph, inputs: Tensors): Promise<Tensors> {
  return evaluate(graph, inputs)
}

/** Opens on an engine of the graph's number of replicas; each run leaves nothing alive on it. */
export function openOnEngine(engine: Engine): OpenOn {
  return async (graph) => {
    const executable = await engine.compile(graph)
    return {
      run: async (inputs) => {
        const uploads = inputs.map((own, replica) => Promise.all(own.map((tensor) => engine.upload(replica, tensor))))
        const given = await Promise.all(uploads)
        const results = await executable.run(given)
        const outputs = await Promise.all(results.map((own) => Promise.all(own.map((tensor) => tensor.read()))))
        for (const tensor of [...given, ...results].flat()) tensor.dispose()
        return outputs
      },
      close: () => executable.dispose(),
    }
  }
}

/** Where a case comes out unlike the reference: one line per output and replica; empty where all is well. */
export async function caseDifferences(opCase: OpCase, open: OpenOn): Promise<string[]> {
  const graph = opCase.graph()
  const wanted = evaluate(graph, opCase.inputs)
  const opened = await open(graph)
  try {
    const actual = await opened.run(opCase.inputs)
    return wanted.flatMap((own, replica) =>
      own.flatMap((tensor, i) => {
        const text = difference(need(actual[replica]?.[i], `output ${i}`), tensor, opCase.tolerance)
        return text === undefined ? [] : [`replica ${replica}, output ${i}: ${text}`]
      }),
    )
  } finally {
    opened.close()
  }
}
