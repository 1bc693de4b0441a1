/**
 * The scores of the listed pairs: dot products of templates in f64, summed in NumPy's order, so that they are those of `eval_ijbc.py` to the
 * last bit for equal templates.
 *
 * Legend: T templates, D embedding width, P pairs.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** NumPy's pairwise sum adds up to this many products in eight lanes, and halves longer ones. */
const BLOCK = 128
/** Pairs between turns of the event loop. */
const PER_TURN = 50_000

/** The sum of x[a + i] y[b + i] for i below `count`, as NumPy's `np.sum(x * y, -1)` adds them. */
export function pairwiseDot(x: Float64Array, a: number, b: number, count: number): number {
  if (count > BLOCK) {
    const half = Math.floor(count / 2)
    const first = half - (half % 8)
    return pairwiseDot(x, a, b, first) + pairwiseDot(x, a + first, b + first, count - first)
  }
  const product = (i: number) => (x[a + i] ?? 0) * (x[b + i] ?? 0)
  if (count < 8) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += product(i)
    return sum
  }
  let [r0, r1, r2, r3] = [product(0), product(1), product(2), product(3)]
  let [r4, r5, r6, r7] = [product(4), product(5), product(6), product(7)]
  const whole = count - (count % 8)
  for (let i = 8; i < whole; i += 8) {
    r0 += product(i)
    r1 += product(i + 1)
    r2 += product(i + 2)
    r3 += product(i + 3)
    r4 += product(i + 4)
    r5 += product(i + 5)
    r6 += product(i + 6)
    r7 += product(i + 7)
  }
  let sum = r0 + r1 + (r2 + r3) + (r4 + r5 + (r6 + r7))
  for (let i = whole; i < count; i++) sum += product(i)
  return sum
}

/** f64[P]; `templates` f64[T,D]. */
export async function pairScores(
  templates: Float64Array,
  dim: number,
  { first, second }: { readonly first: Uint32Array; readonly second: Uint32Array },
): Promise<Float64Array> {
  const scores = new Float64Array(first.length)
  for (let p = 0; p < scores.length; p++) {
    if (p % PER_TURN === PER_TURN - 1) await nextTurn()
    scores[p] = pairwiseDot(templates, (first[p] ?? 0) * dim, (second[p] ?? 0) * dim, dim)
  }
  return scores
}
