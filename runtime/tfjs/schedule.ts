/** What the interpreter computes once per graph: when each value may be freed, and whether it supports all of them. */
import { showType } from '../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../compiler/ir/graph.ts'
import { lastUses } from '../../compiler/ir/last-uses.ts'
import { showPlace } from '../../grammar/source.ts'
import { tfjsError } from './errors.ts'

/** For each op, by its position in the graph: the values that are no longer needed after it. */
export type Schedule = readonly (readonly Value[])[]

const schedules = new WeakMap<Graph, Schedule>()

export function scheduleOf(graph: Graph): Schedule {
  const known = schedules.get(graph)
  if (known !== undefined) return known
  const schedule = computeSchedule(graph)
  schedules.set(graph, schedule)
  return schedule
}

function computeSchedule(graph: Graph): Schedule {
  const outputs = graph.outputs.map((output) => output.value)
  const lastUse = lastUses(graph.ops, outputs)
  const freed: Value[][] = graph.ops.map(() => [])
  // Unread values are freed immediately; outputs, whose last use is after the last op, stay.
  for (const [at, op] of graph.ops.entries())
    for (const value of op.results) freed[lastUse.get(value) ?? at]?.push(value)
  return freed
}

/** Throws ARC6021 if the graph, or one of its regions, contains an f64. */
export function checkSupported(graph: Graph): void {
  for (const op of graph.ops) {
    for (const { type } of op.results) {
      if (type.dtype !== 'f64') continue
      const place = op.origin.span === undefined ? '' : ` (${showPlace(op.origin.span)})`
      throw tfjsError('ARC6021', { graph: graph.name, value: `${op.kind} ${showType(type)}${place}` })
    }
    for (const region of op.regions) checkSupported(region)
  }
}
