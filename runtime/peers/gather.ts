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

const keyOf = (name: string, rank: number, part: number) => `gather/${name}/${rank}/${part}`

/** Values by rank. Large ones travel in parts; the own ones are removed when all have them. */
export async function gatherParts(context: GatherContext, value: Uint8Array): Promise<readonly Uint8Array[]> {
  const { name, rank, nodes, what, put, ask, meet } = context
  const parts = partsOf(value)
  for (const [part, bytes] of parts.entries()) await put(keyOf(name, rank, part), bytes)
  await meet(`gather/${name}`, what)
  const get = (from: number, part: number) => ask({ op: 'get', key: keyOf(name, from, part), timeout: 0 }, what)
  const values = await Promise.all(
    Array.from({ length: nodes }, async (_, from) => {
      if (from === rank) return value
      const first = Buffer.from(await get(from, 0))
      const all = [first.subarray(headBytes)]
      const count = first.readUInt32LE(0)
      for (let part = 1; part < count; part += 1) all.push(Buffer.from(await get(from, part)))
      return Buffer.concat(all)
    }),
  )
  // Not waited for: whoever is slow holds nobody up.
  void removeLater(context, parts.length)
  return values
}

function partsOf(value: Uint8Array): readonly Uint8Array[] {
  const count = Math.max(1, Math.ceil(value.length / partBytes))
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(count, 0)
  const first = Buffer.concat([head, value.subarray(0, partBytes)])
  const others = Array.from({ length: count - 1 }, (_, i) => value.subarray((i + 1) * partBytes, (i + 2) * partBytes))
  return [first, ...others.map((part) => Uint8Array.from(part))]
}

async function removeLater({ name, rank, ask, meet }: GatherContext, parts: number): Promise<void> {
  try {
    await meet(`gathered/${name}`, 'removing what was exchanged')
    for (let part = 0; part < parts; part += 1) await ask({ op: 'delete', key: keyOf(name, rank, part) }, name)
  } catch {
    // The run is over, and the store with it.
  }
}
