/**
 * Runs a graph on all replicas in lockstep: each op on replica 0 to R-1, then the next op, so that a collective has every
 * replica's operands. Values are freed after their last use.
 */
import { setImmediate } from 'node:timers/promises'
import type { Tensor } from '@tensorflow/tfjs-core'
import { elementCount, sameShape, showType } from '../../compiler/ir/dtype.ts'
import type { Graph, Op, OpOf, Value } from '../../compiler/ir/graph.ts'
import type { OpKind } from '../../compiler/ir/op.ts'
import { Bug, bug, need } from '../../grammar/diagnostic.ts'
import { ArccError } from '../errors.ts'
import { type InterpretRule, operandOf, type RunRegion, type WorldValues } from './rule.ts'
import { interpretRules } from './rules.ts'
import { scheduleOf } from './schedule.ts'
import { type RuleContext, type RuntimeValue, release, share, zeros } from './value.ts'

/** Milliseconds of work after which other tasks of the process may run. */
const turn = 20

/** Yields to other tasks occasionally; the timing does not affect results. */
class Pacer {
  #since = performance.now()

  get due(): boolean {
    return performance.now() - this.#since > turn
  }

  async rest(): Promise<void> {
    await setImmediate()
    this.#since = performance.now()
  }
}

/** Takes ownership of `inputs[replica][i]` and releases them; the caller owns the outputs. */
export function interpret(cx: RuleContext, graph: Graph, inputs: WorldValues): Promise<WorldValues> {
  return runGraph(cx, graph, inputs, new Pacer())
}

/** The values of one replica that are still needed. */
type Known = Map<Value, RuntimeValue>

async function runGraph(cx: RuleContext, graph: Graph, inputs: WorldValues, pacer: Pacer): Promise<WorldValues> {
  const schedule = scheduleOf(graph)
  const known = inputs.map((own): Known => new Map(graph.inputs.map((value, i) => [value, operandOf(own, i)])))
  try {
    for (const [i, op] of graph.ops.entries()) {
      if (op.kind !== 'input') {
        const operands = known.map((own) => op.operands.map((value) => knownValue(own, value)))
        const results =
          op.kind === 'for_loop'
            ? await runControl(cx, op, operands, (region, given) => runGraph(cx, region, given, pacer))
            : compute(cx, op, operands)
        keep(op, known, results)
        if (cx.observe !== undefined)
          for (const [replica, own] of results.entries()) for (const value of own) cx.observe(op, replica, value)
        if (pacer.due) await pacer.rest()
      }
      for (const value of schedule[i] ?? []) for (const own of known) forget(own, value)
    }
    return known.map((own) => graph.outputs.map((output) => share(knownValue(own, output.value))))
  } finally {
    for (const own of known) for (const value of own.values()) release(value)
  }
}

function knownValue(known: Known, value: Value): RuntimeValue {
  return need(known.get(value), `value ${value.id} (${value.op.kind})`)
}

function forget(known: Known, value: Value): void {
  release(knownValue(known, value))
  known.delete(value)
}

/** Checks that the results have the inferred types, and stores them. */
function keep(op: Op, known: readonly Known[], results: WorldValues): void {
  known.forEach((own, replica) => {
    op.results.forEach((value, index) => {
      const result = operandOf(results[replica] ?? [], index)
      own.set(value, result)
      if (result.dtype === value.type.dtype && sameShape(result.shape, value.type.shape)) return
      bug(`${op.kind} returned ${showType(result)}, but ${showType(value.type)} was inferred`, op.origin.span)
    })
  })
}

function ruleOf<K extends OpKind>(op: OpOf<K>): InterpretRule<K> {
  return interpretRules[op.kind]
}

function runControl<K extends OpKind>(
  cx: RuleContext,
  op: OpOf<K>,
  operands: WorldValues,
  runRegion: RunRegion,
): Promise<WorldValues> {
  const rule = ruleOf(op)
  return rule.scope === 'control' ? rule.run(cx, op, operands, runRegion) : bug(`${op.kind} has no region to run`)
}

/** Computes an op on all replicas; intermediate tensors are freed. */
function compute<K extends OpKind>(cx: RuleContext, op: OpOf<K>, operands: WorldValues): WorldValues {
  let results: WorldValues = []
  try {
    cx.tf.tidy(() => {
      results = applyRule(cx, op, operands)
      return results.flat().flatMap((value): Tensor[] => (value.kind === 'float' ? [value.tensor] : []))
    })
  } catch (error) {
    if (error instanceof Bug || error instanceof ArccError) throw error
    bug(`${op.kind} failed in TensorFlow.js: ${error instanceof Error ? error.message : error}`, op.origin.span)
  }
  return results
}

function applyRule<K extends OpKind>(cx: RuleContext, op: OpOf<K>, operands: WorldValues): WorldValues {
  const rule = ruleOf(op)
  switch (rule.scope) {
    case 'world':
      return rule.run(cx, op, operands)
    case 'replica': {
      // Not all TensorFlow.js kernels accept a tensor without elements.
      const empty = op.results.every(({ type }) => elementCount(type.shape) === 0)
      if (empty) return operands.map(() => op.results.map(({ type }) => zeros(cx, type)))
      return operands.map((own, replica) => rule.run(cx, op, own, replica))
    }
    case 'control':
    case 'input':
      return bug(`${op.kind} is not computed`)
  }
}
