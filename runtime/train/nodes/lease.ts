/**
 * Up to which step the nodes of a run may go. All of them must start the same steps, because a step waits for all: rank 0 grants a
 * number of steps ahead of time, and when the run is to stop, it grants no more. All of them then end after the last one granted.
 */
import type { Peers } from '../../peers/peers.ts'
import { nextOf, type Stop } from './notes.ts'
import { reasonToStop, type Stopping } from './stopping.ts'

export interface Lease {
  /** Whether step `step`, from 1, may be started. After `false`, the run stops. Throws when another node is lost. */
  allows(step: number): Promise<boolean>
  /** Ends it: no step is asked for any more. */
  end(): void
}

interface Grant {
  /** The last step that may be started. */
  readonly limit: number
  /** Set in the last one: the run stops there. */
  readonly stop?: Stop
  /** Set in the last one if nothing is asked for any more. */
  readonly isOver?: true
}

/** The time that granted steps take at least, in seconds: longer than a message, and short enough to stop soon. */
const blockSeconds = 0.25
const mostSteps = 256
/** Grants that stay in the store. */
const keptGrants = 8

export interface LeaseOptions {
  readonly peers: Peers
  /** Used once per run. */
  readonly name: string
  /** Completed steps; all of them may be asked for. */
  readonly from: number
  readonly stopping: Stopping
  /** How long a step takes on this node so far; 0 before the first. */
  readonly secondsPerStep: () => number
}

export function openLease(options: LeaseOptions): Lease {
  const { nodes, rank } = options.peers
  if (nodes === 1) return { allows: async () => true, end: () => undefined }
  return rank === 0 ? grantingLease(options) : followingLease(options)
}

function grantingLease({ peers, name, from, stopping, secondsPerStep }: LeaseOptions): Lease {
  let limit = from
  let grants = 0
  let stop: Stop | undefined
  const grant = (given: Grant) => {
    const number = grants++
    // Who does not hear of it hears that the run is over.
    void peers.put(keyOf(name, number), Buffer.from(JSON.stringify(given))).catch(() => undefined)
    // All have read it: they have started steps that later ones grant.
    if (number >= keptGrants) void peers.delete(keyOf(name, number - keptGrants)).catch(() => undefined)
  }
  const block = () => {
    const seconds = secondsPerStep()
    return seconds > 0 ? Math.max(1, Math.min(mostSteps, Math.ceil(blockSeconds / seconds))) : 1
  }
  return {
    async allows(step) {
      const ahead = block()
      if (stop === undefined && limit - step < ahead) {
        if (stopping.wanted.aborted) stop = reasonToStop(stopping.wanted)
        else limit = step + 2 * ahead
        grant({ limit, ...(stop === undefined ? {} : { stop }) })
      }
      if (stop === undefined || step <= limit) return true
      stopping.stop(stop)
      return false
    },
    end() {
      if (stop === undefined) grant({ limit, isOver: true })
    },
  }
}

function followingLease({ peers, name, from, stopping }: LeaseOptions): Lease {
  let last: Grant = { limit: from }
  let isOpen = true
  let failure: { readonly error: unknown } | undefined
  let wake: () => void = () => undefined
  const isLast = ({ stop, isOver }: Grant) => stop !== undefined || isOver === true
  const follow = async () => {
    for (let number = 0; !isLast(last); number++) {
      const bytes = await nextOf(peers, keyOf(name, number), () => isOpen)
      if (bytes === undefined) return
      last = JSON.parse(Buffer.from(bytes).toString('utf8'))
      wake()
    }
  }
  void follow().catch((error: unknown) => {
    failure = { error }
    wake()
  })
  return {
    async allows(step) {
      while (step > last.limit && !isLast(last)) {
        if (failure !== undefined) throw failure.error
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (step <= last.limit) return true
      if (last.stop !== undefined) stopping.stop(last.stop)
      return false
    },
    end() {
      isOpen = false
      wake()
    },
  }
}

const keyOf = (name: string, grant: number) => `${name}/${grant}`
