/** A value of each node for all nodes, through the store. */
import type { Wanted } from './requests.ts'
import { limits } from './store/protocol.ts'

interface GatherContext {
  readonly name: string
  readonly rank: number
  readonly nodes: number
  readonly what: string
  readonly put: (key: string, value: Uint8Array) => Promise<void>
  readonly ask: (wanted: Wanted, waited: string) => Promise<Uint8Array>
  /** Waits at a barrier. */
  readonly meet: (name: string, what: string) => Promise<void>
}

/** A part of a value: the first has the number of parts before it. */
const partBytes = limits.valueBytes / 2
const headBytes = 4

/** How long rank 0 may take to read all values, in milliseconds. */
const togetherTime = 600_000

const keyOf = (name: string, rank: number, part: number) => `gather/${name}/${rank}/${part}`
const togetherKey = (name: string) => `gather/${name}/all`

/**
 * Values by rank. Rank 0 reads them, and puts small ones together, so that the number of requests is linear in that of the nodes;
 * large ones travel in parts, from each node to each. What was exchanged is removed when all have it.
 */
export async function gatherParts(context: GatherContext, value: Uint8Array): Promise<readonly Uint8Array[]> {
  const { name, rank, what, put, meet } = context
  const parts = partsOf(value)
  for (const [part, bytes] of parts.entries()) await put(keyOf(name, rank, part), bytes)
  await meet(`gather/${name}`, what)
  const values = rank === 0 ? await readAll(context, value) : await readTogether(context, value)
  if (rank === 0) await put(togetherKey(name), together(values))
  const removed = parts.map((_, part) => keyOf(name, rank, part))
  // Not waited for: whoever is slow holds nobody up.
  void removeLater(context, rank === 0 ? [...removed, togetherKey(name)] : removed)
  return values
}

/** The values as rank 0 has put them together, or each from its own keys if they are large. */
async function readTogether(context: GatherContext, value: Uint8Array): Promise<readonly Uint8Array[]> {
  const { name, what, ask } = context
  const all = Buffer.from(await ask({ op: 'get', key: togetherKey(name), timeout: togetherTime }, what))
  return all.length === 0 ? readAll(context, value) : apart(all)
}

/** The values of all nodes, each from its own keys. */
function readAll({ name, rank, nodes, what, ask }: GatherContext, value: Uint8Array): Promise<readonly Uint8Array[]> {
  const get = (from: number, part: number) => ask({ op: 'get', key: keyOf(name, from, part), timeout: 0 }, what)
  return Promise.all(
    Array.from({ length: nodes }, async (_, from) => {
      if (from === rank) return value
      const first = Buffer.from(await get(from, 0))
      const all = [first.subarray(headBytes)]
      const count = first.readUInt32LE(0)
      for (let part = 1; part < count; part += 1) all.push(Buffer.from(await get(from, part)))
      return Buffer.concat(all)
    }),
  )
}

/** Each value behind its length; nothing if that is more than a part. */
function together(values: readonly Uint8Array[]): Uint8Array {
  const size = values.reduce((sum, { length }) => sum + headBytes + length, 0)
  if (size > partBytes) return new Uint8Array(0)
  return Buffer.concat(values.flatMap((value) => [lengthOf(value.length), value]))
}

function apart(all: Buffer): readonly Uint8Array[] {
  const values: Uint8Array[] = []
  for (let at = 0; at < all.length; ) {
    const begin = at + headBytes
    at = begin + all.readUInt32LE(at)
    values.push(all.subarray(begin, at))
  }
  return values
}

function lengthOf(count: number): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(count, 0)
  return head
}

function partsOf(value: Uint8Array): readonly Uint8Array[] {
  const count = Math.max(1, Math.ceil(value.length / partBytes))
  const first = Buffer.concat([lengthOf(count), value.subarray(0, partBytes)])
  const others = Array.from({ length: count - 1 }, (_, i) => value.subarray((i + 1) * partBytes, (i + 2) * partBytes))
  return [first, ...others.map((part) => Uint8Array.from(part))]
}

async function removeLater({ name, ask, meet }: GatherContext, keys: readonly string[]): Promise<void> {
  try {
    await meet(`gathered/${name}`, 'removing what was exchanged')
    for (const key of keys) await ask({ op: 'delete', key }, name)
  } catch {
    // The run is over, and the store with it.
  }
}
