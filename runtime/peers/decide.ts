/** What rank 0 decides on the values of all nodes, through the store: its traffic is linear in the number of nodes. */
import type { Wanted } from './requests.ts'
import { limits } from './store/protocol.ts'

interface DecideContext {
  readonly name: string
  readonly rank: number
  readonly nodes: number
  readonly what: string
  readonly put: (key: string, value: Uint8Array) => Promise<void>
  readonly ask: (wanted: Wanted, waited: string) => Promise<Uint8Array>
  /** Waits at a barrier. */
  readonly meet: (name: string, what: string) => Promise<void>
}

/** Rank 0's decision on the values of all nodes, by rank. */
export type Judge = (values: readonly Uint8Array[]) => Uint8Array

/** A part of a value: the first has the number of parts before it. */
const partBytes = limits.valueBytes / 2
const headBytes = 4

/** How long rank 0 may take to read all values, in milliseconds. */
const decisionTime = 600_000

const givenBy = (name: string, rank: number) => `given/${name}/${rank}`
const decided = (name: string) => `decided/${name}`

/**
 * The decision of `judge`, which rank 0 alone calls, when all have given their values. Large values travel in parts. What was exchanged
 * is removed when all have the decision.
 */
export async function decideTogether(context: DecideContext, value: Uint8Array, judge: Judge): Promise<Uint8Array> {
  const { name, rank, nodes, what, meet } = context
  if (rank > 0) {
    const given = await putParts(context, givenBy(name, rank), value)
    await meet(`given/${name}`, what)
    const decision = await readParts(context, decided(name))
    // Not waited for: whoever is slow holds nobody up.
    void removeLater(context, given)
    return decision
  }
  await meet(`given/${name}`, what)
  const others = Array.from({ length: nodes - 1 }, (_, i) => readParts(context, givenBy(name, i + 1)))
  const decision = judge([value, ...(await Promise.all(others))])
  void removeLater(context, await putParts(context, decided(name), decision))
  return decision
}

/** Sets the parts of a value; returns their keys. */
async function putParts({ put }: DecideContext, key: string, value: Uint8Array): Promise<readonly string[]> {
  const count = Math.max(1, Math.ceil(value.length / partBytes))
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(count, 0)
  const keys = Array.from({ length: count }, (_, part) => `${key}/${part}`)
  for (const [part, of] of keys.entries()) {
    const bytes = value.subarray(part * partBytes, (part + 1) * partBytes)
    // A copy: a view would be sent with all of the buffer behind it.
    await put(of, part === 0 ? Buffer.concat([head, bytes]) : Uint8Array.from(bytes))
  }
  return keys
}

async function readParts({ what, ask }: DecideContext, key: string): Promise<Uint8Array> {
  const read = async (part: number) =>
    Buffer.from(await ask({ op: 'get', key: `${key}/${part}`, timeout: decisionTime }, what))
  const first = await read(0)
  const parts = [first.subarray(headBytes)]
  for (let part = 1; part < first.readUInt32LE(0); part++) parts.push(await read(part))
  return parts.length === 1 ? first.subarray(headBytes) : Buffer.concat(parts)
}

async function removeLater({ name, ask, meet }: DecideContext, keys: readonly string[]): Promise<void> {
  try {
    await meet(`decided/${name}`, 'removing what was exchanged')
    for (const key of keys) await ask({ op: 'delete', key }, name)
  } catch {
    // The run is over, and the store with it.
  }
}
