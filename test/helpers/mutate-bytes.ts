/** Seeded mutations of binary files, for tests that readers never crash, hang or ask for memory without bound. */

const pick = (below: number, random: () => number) => Math.floor(random() * below)

/** Values at which lengths and counts turn over. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff]

function mutateOnce(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = pick(bytes.length + 1, random)
  const length = Math.min(bytes.length - at, 1 + pick(random() < 0.2 ? 400 : 8, random))
  const out = Uint8Array.from(bytes)
  switch (pick(7, random)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + length)])
    case 2:
      return new Uint8Array([...bytes.subarray(0, at + length), ...bytes.subarray(at)])
    case 3:
      return out.fill(random() < 0.5 ? 0 : 255, at, at + length)
    case 4:
      return out.fill(EDGES[pick(EDGES.length, random)] ?? 0, at, at + 1)
    case 5:
      for (let i = at; i < at + length; i++) out[i] = pick(256, random)
      return out
    default:
      if (at < out.length) out[at] = (out[at] ?? 0) ^ (1 << pick(8, random))
      return out
  }
}

/** One to four mutations in a row: cut, removed, doubled, overwritten or flipped bytes. */
export function mutateBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  let mutated = bytes
  for (let count = 1 + pick(4, random); count > 0; count--) mutated = mutateOnce(mutated, random)
  return mutated
}
