/**
 * A second implementation of Partial FC's sample (`docs/head.md`) with plain numbers: fast enough for statistics over thousands of
 * steps, and the reference for the sampling graph.
 */

/** Parts into which 1, 2, 4 … 64 devices split the classes. */
export const SAMPLE_SHARDS = 64

const ROUNDS = 40
const GOLDEN = 0x9e3779b9

export interface SampleSpec {
  readonly classes: number
  /** Of all classes, in (0, 1). */
  readonly rate: number
  readonly seed: number
}

/** Classes [start, end) of a virtual shard. */
interface ShardBounds {
  readonly start: number
  readonly end: number
}

export function sampleShards(classes: number): ShardBounds[] {
  const bound = (i: number) => Math.ceil((i * classes) / SAMPLE_SHARDS)
  return Array.from({ length: SAMPLE_SHARDS }, (_, i) => ({ start: bound(i), end: bound(i + 1) }))
}

/** The classes that a step draws from each virtual shard, without those of the batch. */
export function drawnClasses({ classes, rate, seed }: SampleSpec, step: number): number[][] {
  const stepKey = mix(step ^ nameKey(seed, 'sample'))
  const offset = ((mix(stepKey + 1) >>> 8) + 1) * 2 ** -24
  return sampleShards(classes).map(({ start, end }, id) => {
    const size = end - start
    const count = lifted(rate * end, offset) - lifted(rate * start, offset)
    const order = shuffle(size, mix(mix(id) ^ stepKey))
    return Array.from({ length: count }, (_, i) => start + order(i))
  })
}

/** The classes of a step in ascending order: the drawn ones and those of the batch. */
export function stepClasses(spec: SampleSpec, step: number, labels: readonly number[]): number[] {
  return [...new Set([...drawnClasses(spec, step).flat(), ...labels])].sort((a, b) => a - b)
}

/** ⌊x + u⌋ with the fraction's sum in f32, as in the graph. */
function lifted(x: number, offset: number): number {
  const whole = Math.floor(x)
  return whole + (Math.fround(Math.fround(x - whole) + offset) >= 1 ? 1 : 0)
}

/** The keyed permutation of [0, size): swap-or-not (Hoang, Morris, Rogaway 2012). */
function shuffle(size: number, key: number): (x: number) => number {
  const keys = Array.from({ length: ROUNDS }, (_, round) => mix(key + Math.imul(round + 1, GOLDEN)))
  const turns = keys.map((roundKey) => ({ roundKey, pivot: roundKey % size }))
  return (x) => {
    let at = x
    for (const { roundKey, pivot } of turns) {
      const partner = pivot < at ? pivot - at + size : pivot - at
      const bit = mix(roundKey ^ mix(Math.max(at, partner))) & 1
      if (bit === 1) at = partner
    }
    return at
  }
}

function nameKey(seed: number, name: string): number {
  let key = mix(seed ^ GOLDEN)
  for (const byte of Buffer.from(name)) key = mix(key + byte + 0x6d2b79f5)
  return key
}

/** A bijection of 32-bit words; higher bits are dropped. */
function mix(x: number): number {
  let v = x >>> 0
  v = Math.imul(v ^ (v >>> 16), 0x7feb352d)
  v = Math.imul(v ^ (v >>> 15), 0x846ca68b)
  return (v ^ (v >>> 16)) >>> 0
}
