/**
 * Brings the embeddings of a set to rank 0, through the store of the run: round by round, in the order of the images.
 *
 * Legend: b images of one device per run, D embedding width.
 */
import { setMaxListeners } from 'node:events'
import { bug } from '../../grammar/diagnostic.ts'
import { labelOf } from '../peers/calls.ts'
import { placedError } from '../peers/joint.ts'
import type { Peers } from '../peers/peers.ts'
import { type PlainError, plainError } from '../plain-error.ts'
import type { World } from '../world.ts'
import type { EmbeddedRows, Exchange } from './embed-pairs.ts'
import { ownRounds } from './rounds.ts'

export interface ExchangeOptions {
  readonly peers: Peers
  /** Whose devices embed: as many of each process. */
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

/** Bytes of embeddings that the store holds, of all nodes together. */
const storeBytes = 256 * 2 ** 20
/** Rounds that a node may be ahead of rank 0, if they are small. */
const mostAhead = 4
/** Bytes of one value of the store; a longer message is several of them. */
const mostPartBytes = 8 * 2 ** 20
/** Values of one message that the store holds. */
const partsAhead = 2
/** The longest wait for another node, in milliseconds; when a node is lost, the wait ends at once. */
const patience = 86_400_000
/** Two u32 before each message: how many outputs follow, f32 [rows,D] each, and the bytes of JSON after them. */
const headBytes = 8

export function createExchange(options: ExchangeOptions): Exchange {
  return options.peers.rank === 0 ? receiver(options) : sender(options)
}

const keyOf = (name: string, round: number, rank: number, part: number) => `${name}/${round}/${rank}/${part}`
const takenKey = (name: string, round: number) => `${name}/taken/${round}`
const partTakenKey = (name: string, round: number, rank: number, part: number) =>
  `${name}/taken/${round}/${rank}/${part}`

/** How many rounds a node may be ahead, and the bytes of a part: the same on all nodes. */
function paceOf({ peers, world, embedBatch, width }: ExchangeOptions) {
  const others = peers.nodes - 1
  // Of embeddings and of those of mirror images.
  const roundBytes = 2 * world.local * embedBatch * width * Float32Array.BYTES_PER_ELEMENT
  const ahead = Math.max(1, Math.min(mostAhead, Math.floor(storeBytes / (others * roundBytes))))
  return { ahead, partBytes: Math.min(mostPartBytes, Math.floor(storeBytes / (others * partsAhead))) }
}

function receiver(options: ExchangeOptions): Exchange {
  const { peers, world, name, images, embedBatch, width } = options
  const { ahead, partBytes } = paceOf(options)
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
  const receive = async (round: number, rank: number, rows: number): Promise<EmbeddedRows> => {
    const first = await take(round, rank, 0)
    const [count, textBytes] = [first.readUInt32LE(0), first.readUInt32LE(4)]
    const floats = count * rows * width
    const end = headBytes + floats * Float32Array.BYTES_PER_ELEMENT
    const parts = [first]
    const all = Math.ceil((end + textBytes) / partBytes)
    for (let part = 1; part < all; part++) {
      if (part - 1 + partsAhead < all) await peers.put(partTakenKey(name, round, rank, part - 1), new Uint8Array(1))
      parts.push(await take(round, rank, part))
    }
    const message = Buffer.concat(parts)
    if (message.length !== end + textBytes) bug(`a message of ${message.length} bytes has ${floats} numbers`)
    const text = message.subarray(end).toString('utf8')
    if (count === 0) throw failureIn(text, peers, rank)
    // A copy, whose start is aligned.
    const numbers = new Float32Array(Uint8Array.from(message.subarray(headBytes, end)).buffer)
    const outputs = Array.from({ length: count }, (_, i) => numbers.subarray(i * rows * width, (i + 1) * rows * width))
    return { outputs, skipped: JSON.parse(text) }
  }
  return {
    world,
    async pass(round, first, { outputs, skipped }, onEmbedded) {
      await onEmbedded(first, outputs, skipped)
      for (const { rank, rounds } of others) {
        const own = rounds[round]
        if (own === undefined) continue
        const found = await receive(round, rank, own.count)
        await onEmbedded(own.first, found.outputs, found.skipped)
      }
      await peers.put(takenKey(name, round), new Uint8Array(1))
      // All have sent this round, and have therefore read what they waited for before.
      if (round >= ahead) await peers.delete(takenKey(name, round - ahead))
    },
    fail: async () => undefined,
  }
}

/** The error that a node sends in place of embeddings. */
function failureIn(text: string, peers: Peers, rank: number): Error {
  const plain: PlainError = JSON.parse(text)
  return placedError(plain, labelOf(rank, peers.names))
}

function sender(options: ExchangeOptions): Exchange {
  const { peers, world, name, signal } = options
  const { ahead, partBytes } = paceOf(options)
  let sent = 0
  const unwanted = new Promise<never>((_, reject) => {
    if (signal === undefined) return
    if (signal.aborted) reject(signal.reason)
    // Every verification of a run listens to one signal.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  unwanted.catch(() => undefined)
  const taken = (key: string) => Promise.race([peers.get(key, patience), unwanted])
  const send = async (outputs: readonly Float32Array[], json: unknown) => {
    const text = Buffer.from(JSON.stringify(json))
    const head = Buffer.alloc(headBytes)
    head.writeUInt32LE(outputs.length, 0)
    head.writeUInt32LE(text.length, 4)
    const message = Buffer.concat([head, ...outputs.map((rows) => bytesOf(rows)), text])
    const round = sent++
    for (let part = 0; part * partBytes < message.length; part++) {
      if (part >= partsAhead) {
        const key = partTakenKey(name, round, peers.rank, part - partsAhead)
        await taken(key)
        await peers.delete(key)
      }
      const key = keyOf(name, round, peers.rank, part)
      // A copy: a view would be sent with all of the message behind it.
      await peers.put(key, Uint8Array.from(message.subarray(part * partBytes, (part + 1) * partBytes)))
    }
  }
  return {
    world,
    async pass(round, _first, { outputs, skipped }) {
      if (round >= ahead) await taken(takenKey(name, round - ahead))
      await send(outputs, skipped)
    },
    async fail(error) {
      if (signal?.aborted === true || peers.lost.aborted) return
      await send([], plainError(error)).catch(() => undefined)
    },
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
