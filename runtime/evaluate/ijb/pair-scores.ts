/**
 * The scores of the listed pairs: dot products of templates in f64, summed in NumPy's order, so that they are those of `eval_ijbc.py` to the
 * last bit for equal templates.
 *
 * Legend: T templates, D embedding width, P pairs.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** NumPy's pairwise sum adds up to this many products in eight lanes, and halves longer ones. */
const BLOCK = 128
const LANES = 8
/** Pairs between turns of the event loop. */
const PER_TURN = 50_000

function product(x: Float64Array, a: number, b: number): number {
  return (x[a] ?? 0) * (x[b] ?? 0)
}

/** The sum of x[a + i] x[b + i] for i below `count`, as NumPy's `np.sum(x * y, -1)` adds them. */
export function pairwiseDot(x: Float64Array, a: number, b: number, count: number): number {
  if (count > BLOCK) {
    const half = Math.floor(count / 2)
    const first = half - (half % LANES)
    return pairwiseDot(x, a, b, first) + pairwiseDot(x, a + first, b + first, count - first)
  }
  const whole = count - (count % LANES)
  let sum = whole === 0 ? 0 : lanesDot(x, a, b, whole)
  for (let i = whole; i < count; i++) sum += product(x, a + i, b + i)
  return sum
}

/** `count` is a multiple of the lanes, and not 0. */
function lanesDot(x: Float64Array, a: number, b: number, count: number): number {
  let r0 = product(x, a, b)
  let r1 = product(x, a + 1, b + 1)
  let r2 = product(x, a + 2, b + 2)
  let r3 = product(x, a + 3, b + 3)
  let r4 = product(x, a + 4, b + 4)
  let r5 = product(x, a + 5, b + 5)
  let r6 = product(x, a + 6, b + 6)
  let r7 = product(x, a + 7, b + 7)
  for (let i = LANES; i < count; i += LANES) {
    const p = a + i
    const q = b + i
    r0 += product(x, p, q)
    r1 += product(x, p + 1, q + 1)
    r2 += product(x, p + 2, q + 2)
    r3 += product(x, p + 3, q + 3)
    r4 += product(x, p + 4, q + 4)
    r5 += product(x, p + 5, q + 5)
    r6 += product(x, p + 6, q + 6)
    r7 += product(x, p + 7, q + 7)
  }
  return r0 + r1 + (r2 + r3) + (r4 + r5 + (r6 + r7))
}

/** f64[P]; `templates` f64[T,D]. Throws the reason of `signal` after its abort. */
export async function pairScores(
  templates: Float64Array,
  dim: number,
  { first, second }: { readonly first: Uint32Array; readonly second: Uint32Array },
  signal?: AbortSignal,
): Promise<Float64Array> {
  const scores = new Float64Array(first.length)
  for (let p = 0; p < scores.length; p++) {
    if (p % PER_TURN === PER_TURN - 1) {
      await nextTurn()
      signal?.throwIfAborted()
    }
    scores[p] = pairwiseDot(templates, (first[p] ?? 0) * dim, (second[p] ?? 0) * dim, dim)
  }
  return scores
}
