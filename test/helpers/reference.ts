/**
 * A reference evaluator of tensor graphs, simple instead of fast: plain loops over numbers, sums in f64, every result rounded to
 * its dtype, N replicas in lockstep. Both engines are compared with it, and finite differences run on it.
 */

import type { Graph, OpOf, Value } from '../../compiler/ir/graph.ts'
import type { OpKind } from '../../compiler/ir/op.ts'
import type { CollectiveKind, ControlKind } from '../../compiler/ir/op-family.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { hostTensor, numbersOf } from './host-tensor.ts'
import { referenceElementwise, referenceSources } from './reference-elementwise.ts'
import { referenceLinalg, referenceReduce } from './reference-linalg.ts'
import { referenceMovement } from './reference-movement.ts'
import {
  at,
  generate,
  local,
  operandOf,
  type PerReplica,
  type ReferenceRule,
  resultType,
  type Tensor,
} from './reference-tensor.ts'

/** Runs a graph: `inputs[replica][i]` gives `outputs[replica][i]`. */
export function evaluate(graph: Graph, inputs: readonly (readonly HostTensor[])[]): HostTensor[][] {
  if (inputs.length !== graph.replicas) bug(`inputs of ${inputs.length} replicas where ${graph.replicas} are`)
  const given = inputs.map((own) => own.map((t) => ({ dtype: t.dtype, shape: t.shape, data: numbersOf(t) })))
  return run(graph, given).map((own) => own.map((t) => hostTensor(t, t.data)))
}

/** Every value of a graph, by replica. */
function run(graph: Graph, inputs: PerReplica): PerReplica {
  const known = inputs.map(() => new Map<Value, Tensor>())
  const read = (own: Map<Value, Tensor>, value: Value) => need(own.get(value), `value ${value.id} of ${graph.name}`)
  for (const op of graph.ops) {
    const operands = known.map((own) => op.operands.map((value) => read(own, value)))
    const results = op.kind === 'input' ? inputs.map((own) => [operandOf(own, op.params.index)]) : apply(op, operands)
    known.forEach((own, replica) => {
      op.results.forEach((value, i) => {
        own.set(value, operandOf(need(results[replica], 'a replica'), i))
      })
    })
  }
  return known.map((own) => graph.outputs.map((output) => read(own, output.value)))
}

function apply<K extends Exclude<OpKind, 'input'>>(op: OpOf<K>, operands: PerReplica): PerReplica {
  return referenceRules[op.kind](op, operands)
}

/** Combines the values of all replicas at one index. */
function across(operands: PerReplica, i: number): readonly Tensor[] {
  return operands.map((own) => operandOf(own, i))
}

const referenceControl: { readonly [K in ControlKind]: ReferenceRule<K> } = {
  for_loop: (op, operands) => {
    const body = need(op.regions[0], 'the body')
    const { trips, invariants } = op.params
    let carried: PerReplica = operands.map((own) => own.slice(invariants))
    for (let trip = 0; trip < trips; trip++) {
      const inputs = operands.map((own, replica) => [
        generate({ dtype: 'i32', shape: [] }, () => trip),
        ...own.slice(0, invariants),
        ...need(carried[replica], 'a replica'),
      ])
      carried = run(body, inputs)
    }
    return carried
  },
  optimization_barrier: local((_, operands) => operands),
}

const referenceCollective: { readonly [K in CollectiveKind]: ReferenceRule<K> } = {
  all_reduce: (op, operands) => {
    const combine =
      op.params.reduction === 'sum' ? (a: number, b: number) => a + b : (a: number, b: number) => Math.max(a, b)
    const results = op.results.map((result, i) => {
      const all = across(operands, i)
      return generate(result.type, (index) => all.map((t) => at(t, index)).reduce(combine))
    })
    return operands.map(() => results)
  },
  all_gather: (op, operands) => {
    const { dim } = op.params
    const all = across(operands, 0)
    const gathered = generate(resultType(op), (index) => {
      const size = all[0]?.shape[dim] ?? 0
      const i = index[dim] ?? 0
      return at(operandOf(all, Math.floor(i / size)), index.with(dim, i % size))
    })
    return operands.map(() => [gathered])
  },
  reduce_scatter: (op, operands) => {
    const { dim } = op.params
    const type = resultType(op)
    const size = type.shape[dim] ?? 0
    const all = across(operands, 0)
    return operands.map((_, replica) => [
      generate(type, (index) => {
        const from = index.with(dim, (index[dim] ?? 0) + replica * size)
        return all.reduce((sum, t) => sum + at(t, from), 0)
      }),
    ])
  },
}

const referenceRules: { readonly [K in Exclude<OpKind, 'input'>]: ReferenceRule<K> } = {
  ...referenceSources,
  ...referenceElementwise,
  ...referenceMovement,
  ...referenceReduce,
  ...referenceLinalg,
  ...referenceControl,
  ...referenceCollective,
}
