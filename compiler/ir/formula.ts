/** Finds what a formula computes in a graph. A formula is a graph too: that of a layer, or of its gradient. */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import { type Graph, type Op, resultAt, type Value } from './graph.ts'
import type { ValueNumbers } from './value-numbers.ts'

/** The values of a graph that equal a formula's outputs, for given inputs; none if it does not compute all of the formula. */
export function placeOutputs(formula: Graph, numbers: ValueNumbers, inputs: readonly Value[]): readonly Value[] {
  const places = new Map(formula.inputs.map((input, i) => [input, need(inputs[i], 'an input')]))
  for (const op of formula.ops) {
    if (op.kind === 'input') continue
    const value = numbers.find(
      op,
      op.operands.map((operand) => need(places.get(operand), 'an operand')),
    )
    if (value === undefined) return []
    places.set(resultAt(op, 0), value)
  }
  return formula.outputs.map(({ value }) => need(places.get(value), 'an output'))
}

/**
 * Adds the ops that compute a value of another graph from some of its values, whose counterparts are given. Their order is that of
 * the graph, which that of a gradient's sums follows from. Returns the value's counterpart.
 */
export function copyPart(b: GraphBuilder, value: Value, given: ReadonlyMap<Value, Value>): Value {
  const part = new Set<Op>()
  const collect = (one: Value): void => {
    if (given.has(one) || part.has(one.op)) return
    part.add(one.op)
    one.op.operands.forEach(collect)
  }
  collect(value)
  const copies = new Map(given)
  const place = (op: Op) => resultAt(op, 0).id
  for (const op of [...part].sort((left, right) => place(left) - place(right))) {
    const operands = op.operands.map((operand) => need(copies.get(operand), 'an operand'))
    copies.set(resultAt(op, 0), b.add(op.kind, operands, op.params))
  }
  return need(copies.get(value), 'a value')
}
