/** The set of bench/ijb/reference.py: templates, pairs and embeddings, the same to the last bit. */

export const TEMPLATES = 2000
export const PEOPLE = 400
export const DIM = 64
const PAIRS = 200_000

/** Murmur3's finalizer, as a number in [-0.5, 0.5). */
function noise(index: number, salt: number): number {
  let h = Math.imul(index, 2654435761) ^ salt
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return (h >>> 0) / 2 ** 32 - 0.5
}

/** A whole number below `most`. */
const drawn = (index: number, salt: number, most: number) => Math.floor((noise(index, salt) + 0.5) * most)

export function madeIjb() {
  const template = Uint32Array.from(
    Array.from({ length: TEMPLATES }, (_, t) => Array.from({ length: 1 + drawn(t, 1, 6) }, () => t)).flat(),
  )
  const first = Uint32Array.from({ length: PAIRS }, (_, p) => drawn(p, 7, TEMPLATES))
  const second = first.map((t, p) =>
    p % 10 === 0 ? (t + PEOPLE * (1 + (Math.floor(p / 10) % 4))) % TEMPLATES : drawn(p, 8, TEMPLATES),
  )
  const features = (i: number, mirrored: boolean) =>
    Float32Array.from({ length: DIM }, (_, d) => {
      const identity = noise(((template[i] ?? 0) % PEOPLE) * DIM + d, 4)
      const own = identity + noise(i * DIM + d, 5) * 2.5
      return mirrored ? own + noise(i * DIM + d, 6) * 0.5 : own
    })
  return {
    template,
    medium: template.map((_, i) => drawn(i, 2, 3)),
    detector: Float32Array.from(template, (_, i) => noise(i, 3) * 0.5 + 0.75),
    templates: Int32Array.from({ length: TEMPLATES }, (_, t) => t * 3 + 1),
    first,
    second,
    same: Uint8Array.from(first, (t, p) => (t % PEOPLE === (second[p] ?? 0) % PEOPLE ? 1 : 0)),
    /** The embedding of picture `i`, f32[D], or that of its mirror image. */
    features,
  }
}
