/**
 * Distances and scores of pairs, in the arithmetic of arcface_torch's `eval/verification.py` (float64).
 *
 * Legend: M images, D embedding size, P pairs.
 */

/** The embeddings of pairs. */
export interface EmbeddedPairs {
  /** f32[M, D] of the images, and of their mirror images. */
  readonly original: Float32Array
  readonly mirrored: Float32Array
  /** D. */
  readonly dim: number
  /** i32[P, 2], image numbers. */
  readonly pairs: Int32Array
}

/** Longer sums are halved. */
const block = 128

/**
 * The sum of `n` values from `start` in NumPy's order (`pairwise_sum`), so that a distance which lies on a threshold falls on the
 * same side of it.
 */
function pairwiseSum(values: Float64Array, start: number, n: number): number {
  const at = (i: number) => values[start + i] ?? 0
  if (n < 8) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += at(i)
    return sum
  }
  if (n > block) {
    const half = Math.floor(n / 2) - (Math.floor(n / 2) % 8)
    return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, n - half)
  }
  let [a, b, c, d, e, f, g, h] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)]
  let i = 8
  for (; i < n - (n % 8); i += 8) {
    a += at(i)
    b += at(i + 1)
    c += at(i + 2)
    d += at(i + 3)
    e += at(i + 4)
    f += at(i + 5)
    g += at(i + 6)
    h += at(i + 7)
  }
  let sum = a + b + (c + d) + (e + f + (g + h))
  for (; i < n; i++) sum += at(i)
  return sum
}

/** Writes the normalized sum of the two embeddings of an image to `out`, f64[D]; a zero vector stays zero, as in scikit-learn. */
function writeUnit({ original, mirrored, dim }: EmbeddedPairs, image: number, out: Float64Array): void {
  let square = 0
  for (let i = 0; i < dim; i++) {
    const value = (original[image * dim + i] ?? 0) + (mirrored[image * dim + i] ?? 0)
    out[i] = value
    square += value * value
  }
  const norm = square > 0 ? Math.sqrt(square) : 1
  for (let i = 0; i < dim; i++) out[i] = (out[i] ?? 0) / norm
}

/** Squared L2 distances of the pairs' normalized sums, f64[P]: 0 for equal directions, 4 for opposite ones. */
export function pairDistances(input: EmbeddedPairs): Float64Array {
  const { dim, pairs } = input
  const first = new Float64Array(dim)
  const second = new Float64Array(dim)
  return Float64Array.from({ length: pairs.length / 2 }, (_, p) => {
    writeUnit(input, pairs[2 * p] ?? 0, first)
    writeUnit(input, pairs[2 * p + 1] ?? 0, second)
    for (let i = 0; i < dim; i++) first[i] = ((first[i] ?? 0) - (second[i] ?? 0)) ** 2
    return pairwiseSum(first, 0, dim)
  })
}

/** The cosine of two embeddings with this squared distance. */
export function scoreOf(distance: number): number {
  return 1 - distance / 2
}

/** Mean norm over both members of every pair and both passes: an image counts once for every pair that uses it. */
export function meanNorm({ original, mirrored, dim, pairs }: EmbeddedPairs): number {
  const norm = (data: Float32Array, picture: number) => {
    let square = 0
    for (let i = picture * dim; i < (picture + 1) * dim; i++) square += (data[i] ?? 0) ** 2
    return Math.sqrt(square)
  }
  let sum = 0
  for (const picture of pairs) sum += norm(original, picture) + norm(mirrored, picture)
  return sum / (2 * pairs.length)
}
