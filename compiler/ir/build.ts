/**
 * Builds graphs. Types of every op are inferred and checked when it is added, so every graph is well typed. A violation here is a
 * bug of the compiler (`compiler/elaborate` reports user mistakes earlier).
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { TensorType } from './dtype.ts'
import type { Graph, Op, Origin, Output, Value } from './graph.ts'
import { inferOp } from './infer.ts'
import type { OpKind, OpParams } from './op.ts'

export class GraphBuilder {
  readonly name: string
  readonly replicas: number
  readonly #inputs: Value[] = []
  readonly #ops: Op[] = []
  #nextId = 0
  #origin: Origin = { span: undefined, path: '', phase: 'forward' }

  constructor(name: string, replicas: number) {
    this.name = name
    this.replicas = replicas
  }

  /** The origin of newly added ops. */
  get origin(): Origin {
    return this.#origin
  }

  /** The ops added so far, in order. */
  get ops(): readonly Op[] {
    return this.#ops
  }

  /** Runs `body` with a different origin for the ops it adds. */
  within<T>(origin: Partial<Origin>, body: () => T): T {
    const outer = this.#origin
    this.#origin = { ...outer, ...origin }
    try {
      return body()
    } finally {
      this.#origin = outer
    }
  }

  /** Adds an op and returns all of its results. */
  addAll<K extends OpKind>(
    kind: K,
    operands: readonly Value[],
    params: OpParams[K],
    regions: readonly Graph[] = [],
  ): readonly Value[] {
    const types = inferOp(kind, {
      operands: operands.map((v) => v.type),
      params,
      regions,
      replicas: this.replicas,
    })
    const results: Value[] = []
    const op = { kind, operands, params, regions, results, origin: this.#origin } as unknown as Op
    types.forEach((type, index) => {
      results.push({ id: this.#nextId++, type, op, index })
    })
    this.#ops.push(op)
    return results
  }

  /** Adds an op with a single result. */
  add<K extends OpKind>(
    kind: K,
    operands: readonly Value[],
    params: OpParams[K],
    regions: readonly Graph[] = [],
  ): Value {
    const results = this.addAll(kind, operands, params, regions)
    if (results.length !== 1) bug(`${kind} has ${results.length} results`)
    return need(results[0], `the result of ${kind}`)
  }

  /** Adds an input to the graph, at any time; `finish` puts the inputs first. */
  input(name: string, type: TensorType): Value {
    const value = this.add('input', [], { index: this.#inputs.length, name, dtype: type.dtype, shape: type.shape })
    this.#inputs.push(value)
    return value
  }

  /** The finished graph, without ops that no output depends on. */
  finish(outputs: readonly Output[]): Graph {
    const live = new Set<Op>(this.#inputs.map((v) => v.op))
    for (const output of outputs) live.add(output.value.op)
    for (let i = this.#ops.length - 1; i >= 0; i--) {
      const op = need(this.#ops[i], 'an op')
      if (live.has(op)) for (const operand of op.operands) live.add(operand.op)
    }
    return {
      name: this.name,
      replicas: this.replicas,
      inputs: [...this.#inputs],
      ops: [...this.#inputs.map((v) => v.op), ...this.#ops.filter((op) => op.kind !== 'input' && live.has(op))],
      outputs: [...outputs],
    }
  }
}
