/** How a run of several nodes ends with an error: all of them show the first one, and soon. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Joint } from '../peers/joint.ts'
import { isConsequence } from '../peers/loss.ts'
import type { Peers } from '../peers/peers.ts'
import { NonFiniteStep } from './non-finite.ts'

/** Milliseconds in which the loss of a node is noticed that has broken something here. */
const untilNoticed = 15_000
/** Milliseconds that the work of this node has to end by itself when the run is over. What hangs then, hangs for good. */
const untilAbandoned = 10_000

/**
 * The error to show for one that ends this node: that of the first node that failed. Tells the others, unless all of them have met it.
 */
export async function firstCause(peers: Peers, joint: Joint, error: unknown): Promise<unknown> {
  if (peers.nodes === 1 || joint.isKnown(error) || error instanceof NonFiniteStep) return error
  if (peers.lost.aborted) return peers.lost.reason
  await peers.fail(error)
  if (isConsequence(error)) await Promise.race([aborted(peers.lost), sleep(untilNoticed, undefined, { ref: false })])
  return peers.lost.aborted ? peers.lost.reason : error
}

/** Settles as `work` does; when another node is lost, it throws its loss after a while, even if `work` does not end. */
export async function orLost(peers: Peers, work: Promise<void>): Promise<void> {
  const late = async () => {
    await aborted(peers.lost)
    await sleep(untilAbandoned, undefined, { ref: false })
    throw peers.lost.reason
  }
  await (peers.nodes === 1 ? work : Promise.race([work, late()]))
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
