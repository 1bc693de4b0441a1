/** The last part of joining: waiting for those who are not there yet. */
import { failureFacts } from '../failure-facts.ts'
import { askFor, type Calls, waitAt } from './calls.ts'
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
  nameOf: (rank: number) => string,
): Promise<void> {
  let said = ''
  let saidAt = 0
  const deadline = begun + timeoutMs + (rank === 0 ? 0 : rankZeroFirst)
  await waitAt('join', 'the other nodes', { requests, lost }, look, (ranks) => {
    const missing = ranks.map((it) => nameOf(it)).join(', ')
    const now = performance.now()
    if (now > deadline) {
      const seconds = Math.round(timeoutMs / 1000)
      throw peerErrors('ARC6852', { met: nodes - ranks.length, nodes, seconds, missing })
    }
    const text = `waiting for ${ranks.length} of ${nodes} nodes: ${missing}`
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

/** Milliseconds that the exchange of a few bytes may take. */
const exchangeTime = 60_000

/** The names of all nodes, by rank: rank 0 collects them, so that the requests are linear in the number of nodes. */
export async function exchangeNames(
  calls: Calls,
  { rank, nodes, name }: { readonly rank: number; readonly nodes: number; readonly name: string },
): Promise<readonly string[]> {
  const what = 'the names of the nodes'
  const get = (key: string) => askFor(calls, { op: 'get', key, timeout: exchangeTime }, what)
  const set = (key: string, text: string) => askFor(calls, { op: 'set', key, value: Buffer.from(text) }, what)
  await set(`names/${rank}`, name)
  if (rank === 0) {
    const all = await Promise.all(Array.from({ length: nodes }, (_, it) => get(`names/${it}`)))
    await set('names', all.map((it) => Buffer.from(it).toString()).join('\n'))
  }
  return Buffer.from(await get('names'))
    .toString()
    .split('\n')
}
