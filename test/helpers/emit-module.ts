/** The text of a program in one call. */
import type { Graph } from '../../compiler/ir/graph.ts'
import { type EmitOptions, moduleText } from '../../compiler/stablehlo/emit-module.ts'

/** The StableHLO text of a graph without locations. */
export function emitModule(graph: Graph, options: EmitOptions): string {
  return moduleText(graph, options).text
}
