/**
 * Brings the embeddings of a set to rank 0, through the store of the run: round by round, in the order of the images.
 *
 * Legend: b images of one device per run, D embedding width.
 */
import { setMaxListeners } from 'node:events'
import { bug } from '../../grammar/diagnostic.ts'
import { nodeName, placedError } from '../peers/joint.ts'
import type { Peers } from '../peers/peers.ts'
import { type PlainError, plainError } from '../plain-error.ts'
import type { World } from '../world.ts'
import { type Exchange, ownRounds } from './embed-pairs.ts'

export interface ExchangeOptions {
  readonly peers: Peers
  readonly world: World
  /** Used once per run. */
  readonly name: string
  readonly images: number
  /** b. */
  readonly embedBatch: number
  /** D. */
  readonly width: number
  /** Aborted when what this process embeds is not wanted any more. */
  readonly signal: AbortSignal | undefined
}

/** Rounds that a node may be ahead of rank 0, which bounds the memory of the store. */
const mostAhead = 4
/** Bytes of one value of the store; a longer message is several of them. */
const partBytes = 8 * 2 ** 20
/** The longest wait for another node, in milliseconds; when a node is lost, the wait ends at once. */
const patience = 86_400_000
/** Of a message: how many outputs follow, f32 [rows,D] each; 0 before the JSON of an error. */
const headBytes = 4

export function createExchange(options: ExchangeOptions): Exchange {
  return options.peers.rank === 0 ? receiver(options) : sender(options)
}

const keyOf = (name: string, round: number, rank: number, part: number) => `${name}/${round}/${rank}/${part}`
const takenKey = (name: string, round: number) => `${name}/taken/${round}`

function receiver({ peers, world, name, images, embedBatch, width }: ExchangeOptions): Exchange {
  const others = Array.from({ length: peers.nodes - 1 }, (_, i) => ({
    rank: i + 1,
    rounds: [...ownRounds(images, embedBatch, { ...world, rank: i + 1 })],
  }))
  const take = async (round: number, rank: number, part: number) => {
    const key = keyOf(name, round, rank, part)
    const bytes = Buffer.from(await peers.get(key, patience))
    await peers.delete(key)
    return bytes
  }
  const receive = async (round: number, rank: number, rows: number): Promise<readonly Float32Array[]> => {
    const head = await take(round, rank, 0)
    const count = head.readUInt32LE(0)
    if (count === 0) throw failureIn(head, peers, rank)
    const length = headBytes + count * rows * width * Float32Array.BYTES_PER_ELEMENT
    const parts = [head]
    for (let part = 1; part * partBytes < length; part++) parts.push(await take(round, rank, part))
    // A copy, whose start is aligned.
    const floats = new Float32Array(Uint8Array.from(Buffer.concat(parts).subarray(headBytes)).buffer)
    if (floats.length !== count * rows * width) bug(`embeddings of ${rows} rows are ${floats.length} numbers`)
    return Array.from({ length: count }, (_, i) => floats.subarray(i * rows * width, (i + 1) * rows * width))
  }
  return {
    async pass(round, first, outputs, onEmbedded) {
      await onEmbedded(first, outputs)
      for (const { rank, rounds } of others) {
        const own = rounds[round]
        if (own !== undefined) await onEmbedded(own.first, await receive(round, rank, own.count))
      }
      await peers.put(takenKey(name, round), new Uint8Array(1))
      // All have sent this round, and have therefore read what they waited for before.
      if (round >= mostAhead) await peers.delete(takenKey(name, round - mostAhead))
    },
    fail: async () => undefined,
  }
}

/** The error that a node sends in place of embeddings. */
function failureIn(message: Buffer, peers: Peers, rank: number): Error {
  const plain: PlainError = JSON.parse(message.subarray(headBytes).toString('utf8'))
  return placedError(plain, nodeName(peers, rank))
}

function sender({ peers, name, signal }: ExchangeOptions): Exchange {
  let sent = 0
  const unwanted = new Promise<never>((_, reject) => {
    if (signal === undefined) return
    if (signal.aborted) reject(signal.reason)
    // Every verification of a run listens to one signal.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  unwanted.catch(() => undefined)
  const send = async (message: Uint8Array) => {
    for (let part = 0; part * partBytes < message.length; part++)
      await peers.put(keyOf(name, sent, peers.rank, part), message.slice(part * partBytes, (part + 1) * partBytes))
    sent++
  }
  return {
    async pass(round, _first, outputs) {
      if (round >= mostAhead) await Promise.race([peers.get(takenKey(name, round - mostAhead), patience), unwanted])
      const head = Buffer.alloc(headBytes)
      head.writeUInt32LE(outputs.length, 0)
      await send(Buffer.concat([head, ...outputs.map((rows) => bytesOf(rows))]))
    },
    async fail(error) {
      if (signal?.aborted === true || peers.lost.aborted) return
      const text = Buffer.from(JSON.stringify(plainError(error)))
      await send(Buffer.concat([Buffer.alloc(headBytes), text])).catch(() => undefined)
    },
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
