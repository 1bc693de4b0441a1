/** A counted loop as a function: `body` is built once, with its own builder. */
import { GraphBuilder } from './build.ts'
import type { Graph, Value } from './graph.ts'

export interface LoopBody {
  readonly builder: GraphBuilder
  /** i32 [], from 0. */
  readonly trip: Value
  /** The invariants as seen by the body. */
  readonly invariants: readonly Value[]
  readonly carried: readonly Value[]
}

/**
 * Runs `body` `trips` times; its results are the next trip's `carried`, and the last ones are the loop's results. Outside values
 * that the body uses must be among `invariants`. `rewrite` may replace the finished body by an equivalent one.
 */
export function forLoop(
  b: GraphBuilder,
  trips: number,
  invariants: readonly Value[],
  carried: readonly Value[],
  body: (inside: LoopBody) => readonly Value[],
  rewrite: (region: Graph) => Graph = (region) => region,
): readonly Value[] {
  const inner = new GraphBuilder('body', b.replicas)
  const trip = inner.input('trip', { dtype: 'i32', shape: [] })
  const given = (prefix: string, values: readonly Value[]) => values.map((v, i) => inner.input(`${prefix}${i}`, v.type))
  const inside: LoopBody = {
    builder: inner,
    trip,
    invariants: given('invariant', invariants),
    carried: given('carried', carried),
  }
  const results = inner.within(b.origin, () => body(inside))
  const region = rewrite(inner.finish(results.map((value, i) => ({ name: `carried${i}`, value }))))
  return b.addAll('for_loop', [...invariants, ...carried], { trips, invariants: invariants.length }, [region])
}
