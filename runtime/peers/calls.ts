/** Calls of the store, with its errors in the words of the run. */
import type { ArccError } from '../errors.ts'
import type { Reply, Requests, Wanted } from './requests.ts'
import { type Missing, readMissing } from './store/facts.ts'
import { peerErrors } from './store/messages.ts'
import { errorCodes } from './store/protocol.ts'

/** What every call needs. */
export interface Calls {
  readonly requests: Requests
  readonly lost: AbortSignal
}

/** `rank 1 (node-b), rank 2`; of a node without a name, `nameOf` tells it. */
export function showMissing(
  { count, nodes }: Missing,
  nameOf: (rank: number) => string | undefined = () => undefined,
): string {
  const told = nodes.map(({ rank, name }) => labelOf(rank, { [rank]: name ?? nameOf(rank) }))
  return count > told.length ? `${told.join(', ')} and ${count - told.length} more` : told.join(', ')
}

type ErrorReply = Extract<Reply, { readonly op: 'error' }>

/** Names of hosts, by rank, where they are known. */
export interface NodeNames {
  readonly [rank: number]: string | undefined
}

/** `rank 1 (node-b)` */
export function labelOf(rank: number, names: NodeNames): string {
  const name = names[rank]
  return name === undefined ? `rank ${rank}` : `rank ${rank} (${name})`
}

/** The error that a reply is. `waited` is what the request waits for. */
export function errorOf(reply: ErrorReply, lost: AbortSignal, waited: string): ArccError {
  if (reply.code === errorCodes.runOver) {
    if (lost.aborted) return lost.reason
    return peerErrors('ARC6868', { nodes: reply.text.replace(/^left: /, ''), what: waited })
  }
  return peerErrors('ARC6862', { reason: reply.text })
}

/**
 * Waits at a barrier until all have come. `onMissing` is told, again and again, who has not; it may throw to give up.
 * Throws the reason of `lost`, or ARC6868 if one who is missing has left.
 */
export async function waitAt(
  name: string,
  what: string,
  { requests, lost }: Calls,
  sliceMs: number,
  onMissing: (missing: Missing) => void,
): Promise<void> {
  while (true) {
    const reply = await requests.ask({ op: 'barrier', name, timeout: sliceMs })
    if (reply.op === 'error' && reply.code === errorCodes.timedOut) {
      onMissing(readMissing(reply.text))
      continue
    }
    if (reply.op === 'error') throw errorOf(reply, lost, what)
    return
  }
}

/** The value of a reply. Throws the error that it is instead. */
export async function askFor({ requests, lost }: Calls, wanted: Wanted, waited: string): Promise<Uint8Array> {
  const reply = await requests.ask(wanted)
  if (reply.op === 'error') throw errorOf(reply, lost, waited)
  return reply.value
}
