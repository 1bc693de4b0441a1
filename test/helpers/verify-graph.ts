/**
 * The verifier: invariants of every graph, as a list of rules. Passes that use `GraphBuilder` satisfy most of them by
 * construction; the verifier runs between passes in tests, and on hand-built graphs.
 */

import { sameShape, showType } from '../../compiler/ir/dtype.ts'
import type { Graph, Op, OpOf, Value } from '../../compiler/ir/graph.ts'
import { inferOp } from '../../compiler/ir/infer.ts'
import type { OpKind } from '../../compiler/ir/op.ts'
import { showCall, valueNames } from '../../compiler/ir/print.ts'
import { Bug } from '../../grammar/diagnostic.ts'

export interface Problem {
  /** The violated rule. */
  readonly rule: string
  /** The error, with the printed op. */
  readonly message: string
}

interface Rule {
  readonly name: string
  /** One sentence per violation. */
  readonly check: (graph: Graph, show: (op: Op) => string) => readonly string[]
}

const rules: readonly Rule[] = [
  {
    name: 'inputs come first, in order, and are the only input ops',
    check: (graph, show) => {
      const faults = graph.ops.flatMap((op, i) => {
        if (op.kind !== 'input') return []
        const fits = op.params.index === i && graph.inputs[i] === op.results[0]
        return fits ? [] : [`${show(op)} is op ${i} but not input ${i} of the graph`]
      })
      const missing = graph.inputs.filter((value) => !graph.ops.includes(value.op))
      return [...faults, ...missing.map((value) => `an input ${showType(value.type)} has no op`)]
    },
  },
  {
    name: 'input names are distinct',
    check: (graph) => repeated(graph.inputs.map((value) => (value.op.kind === 'input' ? value.op.params.name : ''))),
  },
  {
    name: 'every op occurs once, and its results name it',
    check: (graph, show) => {
      const seen = new Set<Op>()
      return graph.ops.flatMap((op) => {
        const faults = seen.has(op) ? [`${show(op)} occurs twice`] : []
        seen.add(op)
        const own = op.results.every((value, i) => value.op === op && value.index === i)
        return own ? faults : [...faults, `${show(op)} has a result of another op`]
      })
    },
  },
  {
    name: 'value ids grow',
    check: (graph, show) => {
      let last = -1
      return graph.ops.flatMap((op) =>
        op.results.flatMap((value) => {
          const grows = value.id > last
          last = Math.max(last, value.id)
          return grows ? [] : [`${show(op)} defines value ${value.id} after value ${last}`]
        }),
      )
    },
  },
  {
    name: 'operands are defined before they are used, in the same graph',
    check: (graph, show) => {
      const defined = new Set<Value>()
      return graph.ops.flatMap((op) => {
        const faults = op.operands.flatMap((value, i) =>
          defined.has(value) ? [] : [`${show(op)}: operand ${i} (${value.op.kind}) is not defined here`],
        )
        for (const value of op.results) defined.add(value)
        return faults
      })
    },
  },
  {
    name: 'types are what inference gives',
    check: (graph, show) =>
      graph.ops.flatMap((op) => {
        const fault = typeFault(op, graph.replicas)
        return fault === undefined ? [] : [`${show(op)}: ${fault}`]
      }),
  },
  {
    name: 'only loops have regions',
    check: (graph, show) =>
      graph.ops.flatMap((op) => {
        const wanted = op.kind === 'for_loop' ? 1 : 0
        return op.regions.length === wanted ? [] : [`${show(op)} has ${op.regions.length} regions`]
      }),
  },
  {
    name: 'outputs are defined, and their names distinct',
    check: (graph) => {
      const defined = new Set(graph.ops.flatMap((op) => op.results))
      const missing = graph.outputs.filter((output) => !defined.has(output.value))
      return [
        ...missing.map((output) => `output ${output.name} (${output.value.op.kind}) is not defined here`),
        ...repeated(graph.outputs.map((output) => output.name)),
      ]
    },
  },
]

/** All violations in a graph and its regions; empty for a valid graph. */
export function verifyGraph(graph: Graph): Problem[] {
  const names = valueNames(graph)
  const name = (value: Value) => names.get(value) ?? '%?'
  const show = (op: Op) => {
    const results = op.results.map(name).join(', ')
    return `${results} = ${showCall(op, name)}`
  }
  const own = rules.flatMap((rule) => rule.check(graph, show).map((message) => ({ rule: rule.name, message })))
  const inside = graph.ops.flatMap((op) =>
    op.regions.flatMap((region) =>
      verifyGraph(region).map(({ rule, message }) => ({ rule, message: `in ${region.name}: ${message}` })),
    ),
  )
  return [...own, ...inside]
}

/** Inference's objection to an op, if any. */
function typeFault<K extends OpKind>(op: OpOf<K>, replicas: number): string | undefined {
  try {
    const types = inferOp(op.kind, {
      operands: op.operands.map((value) => value.type),
      params: op.params,
      regions: op.regions,
      replicas,
    })
    if (types.length !== op.results.length) return `${op.results.length} results where ${types.length} are expected`
    const wrong = types.findIndex((type, i) => {
      const own = op.results[i]?.type
      return own === undefined || own.dtype !== type.dtype || !sameShape(own.shape, type.shape)
    })
    const [own, wanted] = [op.results[wrong], types[wrong]]
    return own === undefined || wanted === undefined
      ? undefined
      : `result ${wrong} is ${showType(own.type)} where ${showType(wanted)} is inferred`
  } catch (error) {
    if (error instanceof Bug) return error.message
    throw error
  }
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${name} is named twice`)
}
