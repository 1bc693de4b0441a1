/**
 * The order of runs with collectives over several processes. XLA may start a run while another one is in progress; then the processes
 * could do the collectives of both in different orders, and wait for each other.
 */
import type { Graph } from '../../../compiler/ir/graph.ts'
import { collectiveKinds } from '../../../compiler/ir/op-family.ts'
import type { StartedRun } from '../../engine.ts'

const kinds: ReadonlySet<string> = new Set(collectiveKinds)

export function hasCollectives(graph: Graph): boolean {
  return graph.ops.some((op) => kinds.has(op.kind) || op.regions.some(hasCollectives))
}

/**
 * Starts runs so that each begins after the one before has ended, except that runs of one `owner` read each other's results, which
 * orders them.
 */
export type RunOrder = (owner: object, start: () => Promise<StartedRun>) => Promise<StartedRun>

export function createRunOrder(): RunOrder {
  let last: { readonly owner: object; readonly end: () => Promise<void> } | undefined
  return async (owner, start) => {
    if (last !== undefined && last.owner !== owner) await last.end().catch(() => undefined)
    const run = await start()
    let ended: Promise<void> | undefined
    const end = () => {
      ended ??= run.end()
      return ended
    }
    last = { owner, end }
    return { ...run, end }
  }
}
