/** The last part of joining: waiting for those who are not there yet. */
import { failureFacts } from '../failure-facts.ts'
import { askFor, type Calls, showMissing, waitAt } from './calls.ts'
import type { JoinOptions } from './join-options.ts'
import { encodeFacts } from './store/facts.ts'
import { peerErrors } from './store/messages.ts'

/** Milliseconds between looks at who is missing, and between lines that say so. */
const look = 1000
const sayAgain = 30_000

/** Milliseconds that rank 0, which knows most, has before the others to say that somebody did not come. */
const rankZeroFirst = 3000

/** Resolves when all nodes have joined. Throws ARC6852 when they have not in time, at all nodes that have. */
export async function waitForAll(
  { nodes, rank, timeoutMs, onNotice }: JoinOptions,
  { requests, lost }: Calls,
  begun: number,
  nameOf: (rank: number) => string | undefined,
): Promise<void> {
  let said = ''
  let saidAt = 0
  const deadline = begun + timeoutMs + (rank === 0 ? 0 : rankZeroFirst)
  await waitAt('join', 'the other nodes', { requests, lost }, look, (found) => {
    const missing = showMissing(found, nameOf)
    const now = performance.now()
    if (now > deadline) {
      const seconds = Math.round(timeoutMs / 1000)
      throw peerErrors('ARC6852', { met: nodes - found.count, nodes, seconds, missing })
    }
    const text = `waiting for ${found.count} of ${nodes} nodes: ${missing}`
    if (text === said && now < saidAt + sayAgain) return
    said = text
    saidAt = now
    onNotice(text)
  }).catch(async (error: unknown) => {
    // The others wait for the same nodes, and end with the same error.
    const report = encodeFacts({ ...failureFacts(error), ofAll: true })
    if (!lost.aborted) await requests.ask({ op: 'fail', report }).catch(() => undefined)
    throw error
  })
}

const nameKey = (rank: number) => `names/${rank}`

/** Leaves the name of this node for rank 0. */
export async function tellName(calls: Calls, rank: number, name: string): Promise<void> {
  await askFor(calls, { op: 'set', key: nameKey(rank), value: Buffer.from(name) }, 'the store of the run')
}

/** The names of all nodes, by rank, when all have joined: for rank 0, which says who has given what. */
export async function collectNames(calls: Calls, nodes: number): Promise<readonly string[]> {
  const get = (rank: number) => askFor(calls, { op: 'get', key: nameKey(rank), timeout: 0 }, 'the names of the nodes')
  const all = await Promise.all(Array.from({ length: nodes }, (_, rank) => get(rank)))
  return all.map((it) => Buffer.from(it).toString())
}
