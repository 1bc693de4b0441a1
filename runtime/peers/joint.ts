/**
 * What all nodes do together and end alike: each gets the same results, or the same error. The calls of one channel must come in the
 * same order on all nodes; those of another channel may run beside them.
 */
import { need } from '../../grammar/diagnostic.ts'
import { type PlainError, plainError, revivedError } from '../plain-error.ts'
import { labelOf, type NodeNames } from './calls.ts'
import { decodeJson, encodeJson } from './json-value.ts'
import type { Peers } from './peers.ts'

export interface Joint {
  readonly nodes: number
  readonly rank: number
  /**
   * Runs `work` on every node; resolves on all of them when it has ended on all, with what `combine` makes of the results by rank at
   * rank 0. Throws the error of the lowest rank that failed. `what` names the work for people. Both kinds of results pass through JSON.
   */
  each<T, R>(what: string, work: () => Promise<T>, combine: (results: readonly T[]) => R): Promise<R>
  /** Runs `work` on rank 0 only; every node gets its result or its error. Results pass through JSON. */
  first<T>(what: string, work: () => Promise<T>): Promise<T>
  /** Gives every node the bytes that rank 0 has. */
  firstBytes(what: string, read: () => Promise<Uint8Array>): Promise<Uint8Array>
  /** Whether all nodes have met this error in the same call, of whichever channel, so that they can go on together. */
  isKnown(error: unknown): boolean
}

/** What a node contributes to a call. */
type Outcome<T> = { readonly value?: T } | { readonly failure: PlainError; readonly isPlaced: boolean }

/** What rank 0 makes of the outcomes of all nodes; `node` is that of the failure, for people. */
type Verdict<R> =
  | { readonly value?: R; readonly failure?: never }
  | { readonly failure: PlainError; readonly isPlaced: boolean; readonly rank: number; readonly node: string }

/** Errors whose text says where they come from. */
const placed = new WeakSet<Error>()

/** Errors that all nodes have met. */
const known = new WeakSet<object>()

/** The error of another node, which its text begins with. */
export function placedError(plain: PlainError, node: string): Error {
  const error = revivedError(plain, `${node}: `)
  placed.add(error)
  return error
}

/** The joint calls of a channel. Its name is used once per run. */
export function createJoint(peers: Peers, channel: string): Joint {
  return peers.nodes === 1 ? jointOfOne() : jointOfMany(peers, channel)
}

function jointOfOne(): Joint {
  return {
    nodes: 1,
    rank: 0,
    each: async (_what, work, combine) => combine([await work()]),
    first: (_what, work) => work(),
    firstBytes: (_what, read) => read(),
    isKnown: () => true,
  }
}

function jointOfMany(peers: Peers, channel: string): Joint {
  const { nodes, rank } = peers
  let calls = 0

  /** The outcomes of all nodes, combined; the error of this node stays as it is. */
  const meet = async <T, R>(what: string, own: Promise<T>, combine: (results: readonly T[]) => R): Promise<R> => {
    const name = `${channel}/${calls++}`
    let mine: unknown
    const outcome = await own.then(
      (value): Outcome<T> => ({ value }),
      (error: unknown): Outcome<T> => {
        mine = error
        return { failure: plainError(error), isPlaced: error instanceof Error && placed.has(error) }
      },
    )
    const decision = await peers.decide(name, encodeJson(outcome), what, (all) =>
      encodeJson(verdictOn(all.map(decodeJson<Outcome<T>>), combine, peers.names)),
    )
    const verdict = decodeJson<Verdict<R>>(decision)
    // What JSON leaves out is undefined.
    if (verdict.failure === undefined) return verdict.value as R
    const { failure, isPlaced, node } = verdict
    const error = verdict.rank === rank ? mine : isPlaced ? revivedError(failure) : placedError(failure, node)
    if (typeof error === 'object' && error !== null) known.add(error)
    throw error
  }
  return {
    nodes,
    rank,
    each: (what, work, combine) => meet(what, work(), combine),
    async first<T>(what: string, work: () => Promise<T>) {
      const own = rank === 0 ? work().then(boxed) : Promise.resolve(undefined)
      return need(await meet(what, own, ([result]) => result), 'the result of rank 0').it
    },
    async firstBytes(what, read) {
      const own = rank === 0 ? await read() : new Uint8Array(0)
      return peers.decide(`${channel}/${calls++}`, own, what, ([of]) => need(of, 'the value of rank 0'))
    },
    isKnown: (error) => typeof error === 'object' && error !== null && known.has(error),
  }
}

/** A result that may be undefined. */
function boxed<T>(it: T): { readonly it: T } {
  return { it }
}

function verdictOn<T, R>(
  outcomes: readonly Outcome<T>[],
  combine: (results: readonly T[]) => R,
  names: NodeNames,
): Verdict<R> {
  const results: T[] = []
  for (const [rank, outcome] of outcomes.entries()) {
    if ('failure' in outcome) return { ...outcome, rank, node: labelOf(rank, names) }
    results.push(outcome.value as T)
  }
  return { value: combine(results) }
}
