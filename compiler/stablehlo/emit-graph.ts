/** Emits a graph's ops with the rule for each kind. */
import { bug } from '../../grammar/diagnostic.ts'
import { sameShape, showType } from '../ir/dtype.ts'
import { type Graph, type Op, type OpOf, operandAt, type Value } from '../ir/graph.ts'
import type { OpKind } from '../ir/op.ts'
import { afterLoop, carriedByLoops, insideLoop } from './across-processes.ts'
import { computeAgain } from './compute-again.ts'
import { collectiveRules } from './emit-collective.ts'
import { elementwiseRules } from './emit-elementwise.ts'
import { linalgRules } from './emit-linalg.ts'
import { movementRules } from './emit-movement.ts'
import { normRules } from './emit-norm.ts'
import { poolRules } from './emit-pool.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { add, barrier, compare, scalar } from './hlo.ts'
import { findKernelCalls } from './kernel-calls.ts'
import { lateValues } from './late-values.ts'
import { longSums } from './long-sums.ts'
import { nativeNorms } from './native-norm.ts'
import { platformForms } from './platform-forms.ts'
import { keptSmall } from './repeated.ts'
import { type Again, at, type EmitRule, type EmitRules } from './rule.ts'
import { scaledProduct } from './scaled-product.ts'
import { tableWrites } from './table-writes.ts'

/** The loop as a `while` whose state is the trip number, the order of collectives, the invariants and the carried values. */
function forLoop(e: Emitter, op: OpOf<'for_loop'>, operands: readonly Ssa[]): readonly Ssa[] {
  const { trips, invariants } = op.params
  const body = op.regions[0] ?? bug('a loop without a body')
  const start = scalar(e, 'i32', 0)
  const order = carriedByLoops(e)
  const state = [start, ...order, ...operands]
  const types = state.map((value) => value.type)
  const condition = e.region(types, (inputs) => [compare(e, 'LT', at(inputs, 0), scalar(e, 'i32', trips))])
  const step = e.region(types, (inputs) => {
    const given = [at(inputs, 0), ...inputs.slice(1 + order.length)]
    const { found, carried } = insideLoop(e, inputs.slice(1, 1 + order.length), () => emitOps(e, body, given))
    const next = add(e, at(inputs, 0), scalar(e, 'i32', 1))
    return [next, ...carried, ...given.slice(1, 1 + invariants), ...found]
  })
  e.locate(op)
  const results = e.op('stablehlo.while', state, types, {}, [condition, step])
  afterLoop(e, results.slice(1, 1 + order.length))
  return results.slice(1 + order.length + invariants)
}

const rules: EmitRules<Exclude<OpKind, 'input'>> = {
  ...elementwiseRules,
  ...movementRules,
  ...linalgRules,
  ...normRules,
  ...poolRules,
  ...collectiveRules,
  for_loop: forLoop,
  optimization_barrier: (e, _op, operands) => barrier(e, operands),
}

function emitOp(e: Emitter, op: Exclude<Op, OpOf<'input'>>, operands: readonly Ssa[], again: Again): readonly Ssa[] {
  const rule = rules[op.kind] as EmitRule<OpKind>
  const results = rule(e, op as OpOf<OpKind>, operands, again)
  op.results.forEach((result, i) => {
    const written = results[i]?.type
    if (written?.dtype !== result.type.dtype || !sameShape(written.shape, result.type.shape)) {
      bug(
        `${op.kind} was written as ${written ? showType(written) : 'nothing'}, not ${showType(result.type)}`,
        op.origin.span,
      )
    }
  })
  return results
}

/** Emits the ops of a graph whose inputs are `inputs`; returns its outputs. */
export function emitOps(e: Emitter, graph: Graph, inputs: readonly Ssa[]): readonly Ssa[] {
  const written = new Map<Value, Ssa>()
  const find = (value: Value): Ssa =>
    written.get(value) ?? bug(`%${value.id} of ${graph.name} is used before it is computed`)
  const write = ({ op, index }: Value, operands: readonly Ssa[]): Ssa => {
    if (op.kind === 'input') return bug('an input is not computed')
    const again = (i: number) => at(operands, i)
    return at(emitOp(e, op, operands, again), index)
  }
  const stored = platformForms[e.platform].repeatsSums ? longSums(graph) : undefined
  const calls = e.native === undefined ? undefined : findKernelCalls(graph)
  const norms = nativeNorms(e, graph)
  const findLate =
    platformForms[e.platform].keepsEqual && e.ordersCalls
      ? lateValues(e, { graph, find, write }, stored ?? new Set())
      : find
  const beforeWrite = platformForms[e.platform].copiesTables ? tableWrites(e, graph) : undefined
  for (const op of graph.ops) {
    if (op.kind === 'input') {
      const value = op.results[0] ?? bug('an input without a value')
      written.set(value, at(inputs, op.params.index))
      continue
    }
    // The order of calls would keep the products of the backward pass in the program that only a part of attention needs.
    if (norms.covers(op) || calls?.needed.has(op) === false) continue
    e.locate(op)
    const call = calls?.at.get(op)
    if (call !== undefined) {
      const results = call.emit(e, call.reads.map(find))
      for (const [i, values] of call.results.entries()) for (const value of values) written.set(value, at(results, i))
      continue
    }
    const fused = norms.emit(op, find)
    if (fused !== undefined) {
      for (const [value, name] of fused) written.set(value, name)
      continue
    }
    const again = (index: number) => computeAgain(e, operandAt(op, index), { graph, find, write })
    beforeWrite?.(op, written)
    e.order.begin(op)
    const read = op.origin.phase === 'backward' ? findLate : find
    const product = op.kind === 'dot_general' ? scaledProduct(e, op, read) : undefined
    const results = product === undefined ? emitOp(e, op, keptSmall(e, op, op.operands.map(read)), again) : [product]
    e.order.end(op, results)
    op.results.forEach((result, i) => {
      const value = at(results, i)
      written.set(result, stored?.has(result) ? at(barrier(e, [value]), 0) : value)
    })
  }
  return graph.outputs.map((output) => find(output.value))
}
