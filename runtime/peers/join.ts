/** Meets the other nodes of a run: rank 0 serves the store, every node joins, and all wait until all are there. */
import { hostname } from 'node:os'
import { labelOf } from './calls.ts'
import { startStore } from './held-store.ts'
import type { JoinOptions } from './join-options.ts'
import { startMember } from './member.ts'
import { memberPeers } from './member-peers.ts'
import type { Peers } from './peers.ts'
import { collectNames, tellName, waitForAll } from './wait-for-all.ts'

/** Milliseconds that the other nodes have to say goodbye before rank 0 closes the store: after a good end, and after a bad one. */
const closeWithin = { good: 30_000, bad: 10_000 }

/**
 * Joins, and resolves when all nodes have. Throws ARC6851 to ARC6867: rank 0 cannot listen or is not reached, somebody did not come,
 * this node was refused, or another one ended meanwhile; the reason of `signal` after an abort.
 */
export async function join(options: JoinOptions): Promise<Peers> {
  const { nodes, rank, rendezvous, token, expected = [], onNotice, signal } = options
  const name = options.name ?? hostname()
  const begun = performance.now()
  const names: Record<number, string> = { [rank]: name }
  const nameOf = (it: number, told?: string) => labelOf(it, { [it]: names[it] ?? told ?? expected[it] })
  const lost = new AbortController()
  const store = rank === 0 ? await startStore({ ...options, name }) : undefined
  const member = startMember({ ...options, name }, nameOf, lost)
  const end = async () => {
    await member.close()
    await store?.close(lost.signal.aborted ? closeWithin.bad : closeWithin.good)
  }
  const abort = () => member.requests.end(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const { address: host, first } = await member.admitted
    names[0] = first
    const calls = { requests: member.requests, lost: lost.signal }
    await tellName(calls, rank, name)
    await waitForAll(options, calls, begun, (it) => expected[it])
    if (rank === 0) Object.assign(names, await collectNames(calls, nodes))
    const onWaiting = (text: string | undefined) => {
      if (text !== undefined) onNotice(text)
    }
    const address = { host, port: rendezvous.port, token }
    return memberPeers({ nodes, rank, names, store: address, ...calls, onWaiting, end })
  } catch (error) {
    await member.close()
    await store?.close(0)
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
