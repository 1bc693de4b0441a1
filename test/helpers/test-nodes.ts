/** Nodes of a run within one process: what the store does for real ones, in memory. */
import { setMaxListeners } from 'node:events'
import type { ArccError } from '../../runtime/errors.ts'
import { alone } from '../../runtime/peers/alone.ts'
import type { Peers } from '../../runtime/peers/peers.ts'

export interface TestNodes {
  readonly peers: readonly Peers[]
  /** Ends the run on all nodes but this one, as if it were lost. */
  lose(rank: number, error: ArccError): void
}

/** Longer than any test waits, in milliseconds. */
const patience = 60_000

export function testNodes(nodes: number): TestNodes {
  const store = alone()
  const ends = Array.from({ length: nodes }, () => new AbortController())
  const end = (from: number, error: unknown) => {
    for (const [rank, controller] of ends.entries()) if (rank !== from) controller.abort(error)
  }
  const peers = ends.map(({ signal: lost }, rank): Peers => {
    setMaxListeners(0, lost)
    /** Ends with the error of the run when that is over. */
    const orLost = <T>(work: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        if (lost.aborted) reject(lost.reason)
        lost.addEventListener('abort', () => reject(lost.reason))
        work.then(resolve, reject)
      })
    const meet = async (name: string, value: Uint8Array) => {
      const key = (of: number) => `met/${name}/${of}`
      if ((await store.tryGet(key(rank))) !== undefined) throw new Error(`${name} is used twice`)
      await store.put(key(rank), value)
      return orLost(Promise.all(ends.map((_, of) => store.get(key(of), patience))))
    }
    return {
      ...store,
      nodes,
      rank,
      names: rank === 0 ? ends.map((_, i) => `node-${i}`) : { [rank]: `node-${rank}`, 0: 'node-0' },
      async decide(name, value, _what, judge) {
        const values = await meet(name, value)
        if (rank === 0) await store.put(`decided/${name}`, judge(values))
        return orLost(store.get(`decided/${name}`, patience))
      },
      barrier: async (name) => void (await meet(`barrier/${name}`, new Uint8Array(0))),
      get: (key, timeoutMs) => orLost(store.get(key, timeoutMs)),
      lost,
      fail: async (error) => end(rank, error),
      close: async () => undefined,
    }
  })
  return { peers, lose: end }
}
