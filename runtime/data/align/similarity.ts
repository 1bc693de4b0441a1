/**
 * The similarity transform (rotation, uniform scale, translation) that brings five points of a face closest to those of the arcface
 * template, by least squares: S. Umeyama, PAMI 13(4), 1991, as `skimage.transform.SimilarityTransform.estimate` computes it.
 */
import type { ImageShape } from '../image.ts'

/** Points of a face: left eye, right eye, nose, left and right corner of the mouth, as x y x y …, in pixels. */
export const POINTS = 5
export const COORDINATES = 2 * POINTS

/** Where arcface has the five points in pictures of 112 × 112 (insightface, `eval_ijbc.py`). */
const template: readonly number[] = [
  38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041,
]
const TEMPLATE_SIZE = 112

/** x' = a x - b y + tx, y' = b x + a y + ty. */
export interface Similarity {
  readonly a: number
  readonly b: number
  readonly tx: number
  readonly ty: number
}

/** The template for pictures of another size: scaled by their height, and centered if they are not square. */
export function templateFor([height, width]: ImageShape): Float64Array {
  const scale = height / TEMPLATE_SIZE
  const shift = (width - height) / 2
  return Float64Array.from(template, (value, i) => value * scale + (i % 2 === 0 ? shift : 0))
}

/**
 * Brings the points `from[at … at + 10]` closest to `to`; `undefined` if they are all one point, or not finite. In two dimensions the
 * solution has a closed form, in which no reflection can come out.
 */
export function estimateSimilarity(from: Float32Array, at: number, to: Float64Array): Similarity | undefined {
  const [fromX, fromY] = [mean(from, at), mean(from, at + 1)]
  const [toX, toY] = [mean(to, 0), mean(to, 1)]
  let along = 0
  let across = 0
  let spread = 0
  for (let i = 0; i < COORDINATES; i += 2) {
    const [x, y] = [(from[at + i] ?? 0) - fromX, (from[at + i + 1] ?? 0) - fromY]
    const [u, v] = [(to[i] ?? 0) - toX, (to[i + 1] ?? 0) - toY]
    along += x * u + y * v
    across += x * v - y * u
    spread += x * x + y * y
  }
  const [a, b] = [along / spread, across / spread]
  // The inverse needs a scale that is not 0.
  if (!(Number.isFinite(a) && Number.isFinite(b) && a * a + b * b > 0)) return undefined
  return { a, b, tx: toX - (a * fromX - b * fromY), ty: toY - (b * fromX + a * fromY) }
}

/** Of every other number. */
function mean(points: Float32Array | Float64Array, start: number): number {
  let sum = 0
  for (let i = 0; i < COORDINATES; i += 2) sum += points[start + i] ?? 0
  return sum / POINTS
}
