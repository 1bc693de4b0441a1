/** Graphs with every float as f64, so that finite differences see the op and not its rounding. */

import { GraphBuilder } from '../../compiler/ir/build.ts'
import { type DType, isFloat, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph, OpOf, Value } from '../../compiler/ir/graph.ts'
import type { ConstantData, OpKind, OpParams } from '../../compiler/ir/op.ts'
import { need } from '../../grammar/diagnostic.ts'
import { decode } from './host-tensor.ts'

function wide(dtype: DType): DType {
  return isFloat(dtype) ? 'f64' : dtype
}

export function widenType({ dtype, shape }: TensorType): TensorType {
  return { dtype: wide(dtype), shape }
}

/**
 * Adds the ops of `graph` to `b`, floats as f64, and returns what stands for its outputs; `inputs` stand for its inputs.
 */
export function addWide(b: GraphBuilder, graph: Graph, inputs: readonly Value[]): Value[] {
  const found = new Map<Value, Value>()
  const read = (value: Value) => need(found.get(value), `value ${value.id}`)
  for (const op of graph.ops) {
    const results =
      op.kind === 'input'
        ? [need(inputs[op.params.index], 'an input')]
        : b.addAll(op.kind, op.operands.map(read), wideParams(op), op.regions.map(widenGraph))
    op.results.forEach((value, i) => {
      found.set(value, need(results[i], 'a result'))
    })
  }
  return graph.outputs.map((output) => read(output.value))
}

export function widenGraph(graph: Graph): Graph {
  const b = new GraphBuilder(graph.name, graph.replicas)
  const inputs = graph.inputs.map((input, i) => b.input(`x${i}`, widenType(input.type)))
  const outputs = addWide(b, graph, inputs)
  return b.finish(graph.outputs.map(({ name }, i) => ({ name, value: need(outputs[i], 'an output') })))
}

function wideParams<K extends OpKind>(op: OpOf<K>): OpParams[K] {
  const { params } = op
  if (!('dtype' in params)) return params
  const dtype = params.dtype as DType
  if (!isFloat(dtype)) return params
  const value = 'value' in params ? (params.value as number | ConstantData) : 0
  const data = typeof value === 'number' ? value : Float64Array.from(decode(dtype, value))
  return { ...params, dtype: 'f64', ...('value' in params ? { value: data } : {}) }
}
