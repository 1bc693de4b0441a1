/** Times the long phases of a run and reports them as events. */
import type { Emit, PhaseEvent } from '../events.ts'

/** Runs a phase, with an event before it, and one with its seconds after it unless it throws. */
export async function phase<T>(emit: Emit, name: PhaseEvent['name'], body: () => Promise<T>): Promise<T> {
  emit({ type: 'phase', name })
  const start = performance.now()
  const result = await body()
  emit({ type: 'phase', name, seconds: secondsSince(start) })
  return result
}

/** Seconds since a time of `performance.now()`. */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}
