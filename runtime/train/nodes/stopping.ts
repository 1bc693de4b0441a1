/**
 * How a run stops. A single process stops when it is told to. Several stop after the same step: whoever is told to tells rank 0, which
 * decides, and all of them learn it at a point that they reach alike (`lease.ts`, `evaluate-sets.ts`).
 */
import { bug } from '../../../grammar/diagnostic.ts'
import { labelOf } from '../../peers/calls.ts'
import type { Peers } from '../../peers/peers.ts'
import { plainError, revivedError } from '../../plain-error.ts'
import { Crash, Interruption, type StopSignal } from '../failure/interruption.ts'
import type { Stop } from './notes.ts'

export interface Stopping {
  /** Aborted when this process stops: no more steps are started. On several nodes, all of them have come to the same point then. */
  readonly signal: AbortSignal
  /** Aborted as soon as the run is to stop; on other nodes than rank 0 only `signal` tells. */
  readonly wanted: AbortSignal
  /** Aborts `signal`. */
  stop(why: Stop): void
  /** Another node wants the run to stop. */
  want(why: Stop): void
}

/** `own` is aborted when this process is told to stop; `tell` tells rank 0, and `onStop` receives the signal that stops all. */
export function createStopping(
  peers: Peers,
  own: AbortSignal,
  tell: (why: Stop) => void,
  onStop: (signal: StopSignal) => void = () => undefined,
): Stopping {
  const { nodes, rank, names } = peers
  if (nodes === 1) return { signal: own, wanted: own, stop: () => undefined, want: () => undefined }
  const agreed = new AbortController()
  const wanted = new AbortController()
  const told = () => {
    const stop = stopOf(own.reason, rank, labelOf(rank, names))
    if (rank === 0) wanted.abort(stop)
    else tell(stop)
  }
  if (own.aborted) told()
  else own.addEventListener('abort', told, { once: true })
  return {
    signal: agreed.signal,
    wanted: wanted.signal,
    stop(why) {
      if (agreed.signal.aborted) return
      agreed.abort(reasonHere(why, peers, own))
      if ('signal' in why) onStop(why.signal)
    },
    want: (why) => wanted.abort(why),
  }
}

/** Why rank 0 wants to stop. */
export function reasonToStop({ reason }: AbortSignal): Stop {
  return isStop(reason) ? reason : bug('a reason to stop that no node has given')
}

function isStop(reason: unknown): reason is Stop {
  return typeof reason === 'object' && reason !== null && ('signal' in reason || 'crash' in reason)
}

function stopOf(reason: unknown, rank: number, node: string): Stop {
  if (reason instanceof Crash) return { crash: plainError(reason.error), rank, node }
  if (!(reason instanceof Interruption)) return { signal: 'SIGINT' }
  const { signal, grace, at } = reason
  return { signal, ...(grace === undefined ? {} : { grace: at + grace - performance.now() }) }
}

/** The reason of a stop on this node: its own where it has one of the kind, which knows its time and its error. */
function reasonHere(why: Stop, peers: Peers, own: AbortSignal): Interruption | Crash {
  if ('crash' in why) {
    if (own.reason instanceof Crash && why.rank === peers.rank) return own.reason
    return new Crash(revivedError(why.crash, `${why.node}: `))
  }
  return own.reason instanceof Interruption ? own.reason : new Interruption(why.signal, why.grace)
}
