/**
 * Counter-based random numbers for the host: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel Random Numbers: As Easy as 1,
 * 2, 3", SC 2011). A key is derived from the seed and the names of what is drawn (epoch, sample, identity, …), so that a value
 * depends only on those, never on the order of draws or the number of devices.
 */

/** 64 bits that identify a stream of numbers. */
export interface Key {
  readonly a: number
  readonly b: number
}

/** The first word folded into a seed: the purpose. Two purposes never share numbers. */
export const purpose = {
  identity: 1,
  nuisance: 2,
  noise: 3,
  order: 4,
  flip: 5,
  pairs: 6,
  augment: 7,
  bootstrap: 8,
} as const

/** Threefry-2x32-20 of the counter (x0, x1) under `key`; two words, unsigned. */
export function threefry(key: Key, x0: number, x1: number): readonly [number, number] {
  const k0 = key.a | 0
  const k1 = key.b | 0
  const k2 = 0x1bd11bda ^ k0 ^ k1
  let a = (x0 + k0) | 0
  let b = (x1 + k1) | 0
  for (let group = 0; group < 5; group++) {
    if ((group & 1) === 0) {
      a = (a + b) | 0
      b = ((b << 13) | (b >>> 19)) ^ a
      a = (a + b) | 0
      b = ((b << 15) | (b >>> 17)) ^ a
      a = (a + b) | 0
      b = ((b << 26) | (b >>> 6)) ^ a
      a = (a + b) | 0
      b = ((b << 6) | (b >>> 26)) ^ a
    } else {
      a = (a + b) | 0
      b = ((b << 17) | (b >>> 15)) ^ a
      a = (a + b) | 0
      b = ((b << 29) | (b >>> 3)) ^ a
      a = (a + b) | 0
      b = ((b << 16) | (b >>> 16)) ^ a
      a = (a + b) | 0
      b = ((b << 24) | (b >>> 8)) ^ a
    }
    const first = group % 3
    a = (a + (first === 0 ? k1 : first === 1 ? k2 : k0)) | 0
    b = (b + (first === 0 ? k2 : first === 1 ? k0 : k1) + group + 1) | 0
  }
  return [a >>> 0, b >>> 0]
}

/** The key of a seed: an integer from 0 to 2^53 - 1. */
export function rootKey(seed: number): Key {
  return { a: seed >>> 0, b: Math.floor(seed / 2 ** 32) >>> 0 }
}

/** The key of one item among those that `key` covers; `word` is its number, a u32. */
export function fold(key: Key, word: number): Key {
  const [a, b] = threefry(key, word, 0x666f6c64)
  return { a, b }
}

/** The numbers of one key, in order. */
export interface Stream {
  /** 32 random bits, unsigned. */
  bits(): number
  /** Uniform in [0, 1), with a resolution of 32 bits. */
  uniform(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** Uniform in 0 … n - 1. The bias is below n / 2^32. */
  integer(n: number): number
  /** True with this probability. */
  chance(probability: number): boolean
}

export function createStream(key: Key): Stream {
  let counter = 0
  let spare = 0
  let hasSpare = false
  const bits = () => {
    if (hasSpare) {
      hasSpare = false
      return spare
    }
    const [first, second] = threefry(key, counter, 0)
    counter = (counter + 1) >>> 0
    spare = second
    hasSpare = true
    return first
  }
  const uniform = () => bits() / 2 ** 32
  return {
    bits,
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (n) => Math.floor(uniform() * n),
    chance: (probability) => uniform() < probability,
  }
}

/** A uniformly random order of 0 … n - 1 (Fisher-Yates). */
export function permutation(key: Key, n: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(n)
  permute(key, order)
  return order
}

/** Fills `order` with a uniformly random order of its indices. */
export function permute(key: Key, order: Uint32Array): void {
  const { integer } = createStream(key)
  for (let i = 0; i < order.length; i++) {
    const j = integer(i + 1)
    order[i] = order[j] ?? 0
    order[j] = i
  }
}
