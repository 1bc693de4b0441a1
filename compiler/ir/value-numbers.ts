/** Which values of a graph are equal because the same ops compute them from equal values. */
import type { Graph, Op, Value } from './graph.ts'

export interface ValueNumbers {
  /** The graph's first value that an op of this kind and with these parameters computes from these operands; `undefined` if there is none. */
  find(op: Op, operands: readonly Value[]): Value | undefined
  /** All values that are equal to this one. */
  equals(value: Value): readonly Value[]
}

/** Only ops with one result and without a body are compared. */
export function numberValues(graph: Graph): ValueNumbers {
  const known = new Map<string, Value>()
  const firsts = new Map<Value, Value>()
  const classes = new Map<Value, Value[]>()
  const first = (value: Value) => firsts.get(value) ?? value
  for (const op of graph.ops) {
    const [value, ...more] = op.results
    if (value === undefined || more.length > 0) continue
    const key = keyOf(op, op.operands.map(first))
    if (key === undefined) continue
    const same = known.get(key)
    if (same === undefined) {
      known.set(key, value)
      classes.set(value, [value])
    } else {
      firsts.set(value, same)
      classes.get(same)?.push(value)
    }
  }
  return {
    find: (op, operands) => known.get(keyOf(op, operands.map(first)) ?? ''),
    equals: (value) => classes.get(first(value)) ?? [value],
  }
}

/** `undefined` for ops that are never equal: inputs, bodies, and constants of many numbers, which would be long keys. */
function keyOf(op: Op, operands: readonly Value[]): string | undefined {
  if (op.kind === 'input' || op.regions.length > 0) return undefined
  if (op.kind === 'constant' && typeof op.params.value !== 'number') return undefined
  const params = Object.entries(op.params).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([op.kind, operands.map(({ id }) => id), params])
}
