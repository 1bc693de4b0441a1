/** `Peers` of a node that has joined: the store's requests in the words of the run. */
import { bug } from '../../grammar/diagnostic.ts'
import { failureFacts } from '../failure-facts.ts'
import { askFor, errorOf, type NodeNames, showMissing, waitAt } from './calls.ts'
import { decideTogether } from './decide.ts'
import { isCommon, isConsequence } from './loss.ts'
import type { Peers, StoreAddress } from './peers.ts'
import type { Requests, Wanted } from './requests.ts'
import { encodeFacts } from './store/facts.ts'
import { peerErrors } from './store/messages.ts'
import { errorCodes } from './store/protocol.ts'

export interface MemberContext {
  readonly nodes: number
  readonly rank: number
  readonly names: NodeNames
  readonly store: StoreAddress
  readonly requests: Requests
  readonly lost: AbortSignal
  /** Says what is waited for, and nothing when the wait is over. */
  readonly onWaiting: (text: string | undefined) => void
  /** Ends the connection and what serves it. */
  readonly end: () => Promise<void>
}

/** Milliseconds after which a wait at a barrier is said, and said again with who is still missing. */
const patience = 3000

/** Milliseconds that the last words of a node may take. */
const lastWords = 5000

export function memberPeers(context: MemberContext): Peers {
  const { nodes, rank, names, store, requests, lost, onWaiting, end } = context
  const used = new Set<string>()
  const once = (name: string) => {
    if (used.has(name)) bug(`the name ${name} of a barrier is used twice`)
    used.add(name)
  }
  const ask = (wanted: Wanted, waited: string) => askFor(context, wanted, waited)
  const meet = async (name: string, what: string) => {
    let isSaid = false
    try {
      await waitAt(name, what, context, patience, (missing) => {
        isSaid = true
        onWaiting(`${what}: waiting for ${missing.count} of ${nodes} nodes: ${showMissing(missing)}`)
      })
    } finally {
      if (isSaid) onWaiting(undefined)
    }
  }
  const peers: Peers = {
    nodes,
    rank,
    names,
    store,
    async decide(name, value, what, judge) {
      once(name)
      return decideTogether({ name, rank, nodes, what, put: peers.put, ask, meet }, value, judge)
    },
    async barrier(name, what) {
      once(name)
      await meet(`barrier/${name}`, what)
    },
    async put(key, value) {
      await ask({ op: 'set', key, value }, key)
    },
    async get(key, timeoutMs) {
      const reply = await requests.ask({ op: 'get', key, timeout: Math.ceil(timeoutMs) })
      if (reply.op === 'ok') return reply.value
      if (reply.code === errorCodes.timedOut) throw peerErrors('ARC6850', { key, seconds: timeoutMs / 1000 })
      throw errorOf(reply, lost, key)
    },
    async tryGet(key) {
      const reply = await requests.ask({ op: 'tryGet', key })
      if (reply.op === 'ok') return reply.value
      if (reply.code === errorCodes.notFound) return undefined
      throw errorOf(reply, lost, key)
    },
    async delete(key) {
      await ask({ op: 'delete', key }, key)
    },
    lost,
    async fail(error) {
      if (lost.aborted && error === lost.reason) return
      const report = encodeFacts({ ...failureFacts(error), follows: isConsequence(error), ofAll: isCommon(error) })
      await within(lastWords, requests.ask({ op: 'fail', report }))
    },
    async close() {
      await within(lastWords, requests.ask({ op: 'bye' }))
      await end()
    },
  }
  return peers
}

/** Waits for a request at most this long, whatever becomes of it. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  try {
    await Promise.race([work, late])
  } catch {
    // Nobody listens any more: the others find out by the end of the connection.
  } finally {
    clearTimeout(timer)
  }
}
