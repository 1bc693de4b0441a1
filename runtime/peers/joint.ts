/**
 * What all nodes do together and end alike: each gets the same results, or the same error. The calls of one channel must come in the
 * same order on all nodes; those of another channel may run beside them.
 */
import { need } from '../../grammar/diagnostic.ts'
import { type PlainError, plainError, revivedError } from '../plain-error.ts'
import type { Peers } from './peers.ts'

export interface Joint {
  readonly nodes: number
  readonly rank: number
  /**
   * Runs `work` on every node; resolves on all of them when it has ended on all, with the results by rank. Throws the error of the
   * lowest rank that failed. `what` names the work for people. Results pass through JSON.
   */
  each<T>(what: string, work: () => Promise<T>): Promise<readonly T[]>
  /** Runs `work` on rank 0 only; every node gets its result or its error. Results pass through JSON. */
  first<T>(what: string, work: () => Promise<T>): Promise<T>
  /** Gives every node the bytes that rank 0 has. */
  firstBytes(what: string, read: () => Promise<Uint8Array>): Promise<Uint8Array>
  /** Whether all nodes have met this error in the same call, of whichever channel, so that they can go on together. */
  isKnown(error: unknown): boolean
}

type Outcome = { readonly value: unknown } | { readonly failure: PlainError; readonly isPlaced: boolean }

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

/** `rank 1 (node-b)`; the names are those of the hosts. */
export function nodeName({ names }: Pick<Peers, 'names'>, rank: number): string {
  return `rank ${rank} (${names[rank]})`
}

/** The joint calls of a channel. Its name is used once per run. */
export function createJoint(peers: Peers, channel: string): Joint {
  return peers.nodes === 1 ? jointOfOne() : jointOfMany(peers, channel)
}

function jointOfOne(): Joint {
  return {
    nodes: 1,
    rank: 0,
    each: async (_what, work) => [await work()],
    first: (_what, work) => work(),
    firstBytes: (_what, read) => read(),
    isKnown: () => true,
  }
}

function jointOfMany(peers: Peers, channel: string): Joint {
  const { nodes, rank } = peers
  let calls = 0

  /** All outcomes by rank; the error of this node stays as it is. */
  const meet = async <T>(what: string, own: Promise<T> | undefined): Promise<readonly T[]> => {
    const name = `${channel}/${calls++}`
    let mine: unknown
    const outcome: Outcome =
      own === undefined
        ? { value: undefined }
        : await own.then(
            (value) => ({ value }),
            (error: unknown) => {
              mine = error
              return { failure: plainError(error), isPlaced: error instanceof Error && placed.has(error) }
            },
          )
    const all = await peers.gather(name, encode(outcome), what)
    return all.map((bytes, from) => {
      const found = decode<{ readonly value: T; readonly failure?: PlainError; readonly isPlaced?: boolean }>(bytes)
      if (found.failure === undefined) return found.value
      const { failure, isPlaced } = found
      const revived = () => (isPlaced === true ? revivedError(failure) : placedError(failure, nodeName(peers, from)))
      const error = from === rank ? mine : revived()
      if (typeof error === 'object' && error !== null) known.add(error)
      throw error
    })
  }
  return {
    nodes,
    rank,
    each: (what, work) => meet(what, work()),
    async first(what, work) {
      const [value] = await meet(what, rank === 0 ? work().then(boxed) : undefined)
      return need(value, 'the result of rank 0').it
    },
    async firstBytes(what, read) {
      const own = rank === 0 ? await read() : new Uint8Array(0)
      return need((await peers.gather(`${channel}/${calls++}`, own, what))[0], 'the value of rank 0')
    },
    isKnown: (error) => typeof error === 'object' && error !== null && known.has(error),
  }
}

/** A result that may be undefined. */
function boxed<T>(it: T): { readonly it: T } {
  return { it }
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** What a node of the same version has encoded. */
function decode<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}
