/** The barriers of a run: each name is passed once, when every rank has come to it. */
import { timer, type WaitedInVain } from './keys.ts'

/** How a rank's wait at a barrier ended; `missing` are the ranks that have not come. */
export type Passed = { readonly how: 'passed' } | { readonly how: WaitedInVain; readonly missing: readonly number[] }

export interface Barriers {
  /**
   * A rank comes to a barrier, or waits there again: it counts as come from its first call on. Calls `done` once. Returns what
   * cancels the wait; the rank still counts as come.
   */
  wait(name: string, rank: number, timeoutMs: number, done: (passed: Passed) => void): () => void
  /** A rank comes to no barrier any more: ends the waits for it, those to come too. */
  leave(rank: number): void
  /** Ends all waits, those to come too. */
  end(): void
  /** Barriers that not all ranks have left yet. */
  readonly open: number
}

interface Barrier {
  readonly come: Set<number>
  /** Those that were told that all have come. */
  readonly told: Set<number>
  readonly waiting: Set<(passed: Passed) => void>
}

export function createBarriers(nodes: number): Barriers {
  const barriers = new Map<string, Barrier>()
  const left = new Set<number>()
  let isOver = false
  const missingOf = ({ come }: Barrier) =>
    Array.from({ length: nodes }, (_, rank) => rank).filter((it) => !come.has(it))
  const isHopeless = (missing: readonly number[]) =>
    missing.length > 0 && (isOver || missing.some((rank) => left.has(rank)))
  const endHopeless = () => {
    for (const barrier of barriers.values()) {
      const missing = missingOf(barrier)
      if (isHopeless(missing)) for (const finish of [...barrier.waiting]) finish({ how: 'run over', missing })
    }
  }
  return {
    wait(name, rank, timeoutMs, done) {
      const barrier = barriers.get(name) ?? { come: new Set(), told: new Set(), waiting: new Set() }
      barriers.set(name, barrier)
      barrier.come.add(rank)
      const missing = missingOf(barrier)
      if (isHopeless(missing)) {
        done({ how: 'run over', missing })
        return () => undefined
      }
      const forget = () => {
        stop()
        barrier.waiting.delete(finish)
      }
      const finish = (passed: Passed) => {
        forget()
        if (passed.how === 'passed') barrier.told.add(rank)
        if (barrier.told.size === nodes) barriers.delete(name)
        done(passed)
      }
      const stop = timer(timeoutMs, () => finish({ how: 'timed out', missing: missingOf(barrier) }))
      barrier.waiting.add(finish)
      if (missing.length === 0) for (const other of [...barrier.waiting]) other({ how: 'passed' })
      return forget
    },
    leave(rank) {
      left.add(rank)
      endHopeless()
    },
    end() {
      isOver = true
      endHopeless()
    },
    get open() {
      return barriers.size
    },
  }
}
