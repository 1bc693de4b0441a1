/**
 * The receiver operating characteristic of pair scores: the true accept rate (TAR) at each false accept rate (FAR).
 *
 * Legend: P pairs, Q operating points.
 */

/**
 * Points in the order of falling thresholds, each of which accepts the pairs with at least that score: one for every distinct score,
 * after the first, which accepts nothing. These are the points of scikit-learn's `roc_curve(drop_intermediate=False)`.
 */
export interface Roc {
  readonly same: number
  readonly different: number
  /** f64[Q]; the first is infinite. */
  readonly threshold: Float64Array
  /** Accepted pairs of each kind, counts. */
  readonly trueAccepts: Int32Array
  readonly falseAccepts: Int32Array
}

/** An operating point: pairs with at least the score `threshold` are accepted; infinite: none is. */
export interface RocPoint {
  readonly far: number
  readonly tar: number
  readonly threshold: number
}

/** 0.001 · 1000 pairs may come out a little below 1. */
const ROUNDING = 1e-9

/** `scores` f64[P], `same` u8[P], both kinds present. Pairs with equal scores are accepted together. */
export function rocOf(scores: Float64Array, same: Uint8Array): Roc {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
  const threshold = [Number.POSITIVE_INFINITY]
  const trueAccepts = [0]
  const falseAccepts = [0]
  let trues = 0
  let falses = 0
  for (const [i, pair] of order.entries()) {
    if (same[pair] === 1) trues++
    else falses++
    const here = scores[pair] ?? 0
    const next = order[i + 1]
    if (next !== undefined && scores[next] === here) continue
    threshold.push(here)
    trueAccepts.push(trues)
    falseAccepts.push(falses)
  }
  return {
    same: trues,
    different: falses,
    threshold: Float64Array.from(threshold),
    trueAccepts: Int32Array.from(trueAccepts),
    falseAccepts: Int32Array.from(falseAccepts),
  }
}

/** By the trapezoidal rule: pairs with equal scores count half. */
export function areaUnderRoc(roc: Roc): number {
  const { trueAccepts, falseAccepts } = roc
  let area = 0
  for (let i = 1; i < trueAccepts.length; i++) {
    const step = (falseAccepts[i] ?? 0) - (falseAccepts[i - 1] ?? 0)
    area += (step * ((trueAccepts[i] ?? 0) + (trueAccepts[i - 1] ?? 0))) / 2
  }
  return area / (roc.same * roc.different)
}

/** The last point whose false accept rate is at most `far`. */
function lastWithin({ falseAccepts, different }: Roc, far: number): number {
  const most = far * different + ROUNDING
  let [low, high] = [0, falseAccepts.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((falseAccepts[middle] ?? 0) <= most) low = middle
    else high = middle - 1
  }
  return low
}

function pointAt({ same, different, threshold, trueAccepts, falseAccepts }: Roc, i: number): RocPoint {
  return {
    far: (falseAccepts[i] ?? 0) / different,
    tar: (trueAccepts[i] ?? 0) / same,
    threshold: threshold[i] ?? Number.POSITIVE_INFINITY,
  }
}

/**
 * The largest true accept rate of a threshold whose false accept rate is at most `far`, which the result has as its rate; see `isTellable`.
 * The threshold is infinite if the highest score is that of too many different pairs.
 */
export function tarAtFar(roc: Roc, far: number): RocPoint {
  return { ...pointAt(roc, lastWithin(roc, far)), far }
}

/** Whether there are enough different pairs for one false accept to be within the rate. */
export function isTellable(roc: Pick<Roc, 'different'>, far: number): boolean {
  return roc.different * far >= 1 - ROUNDING
}

/**
 * The rate at which as many different pairs are accepted as pairs of one person are rejected, on the straight line between the two
 * points around it; the threshold is that of the nearer one.
 */
export function equalErrorRate(roc: Roc): { readonly rate: number; readonly threshold: number } {
  const excess = (i: number) => {
    const { far, tar } = pointAt(roc, i)
    return far - (1 - tar)
  }
  // The first point accepts nothing: an excess of -1. The last one accepts everything: 1.
  let after = 1
  while (after < roc.threshold.length - 1 && excess(after) < 0) after++
  const [below, above] = [excess(after - 1), excess(after)]
  const [before, next] = [pointAt(roc, after - 1), pointAt(roc, after)]
  const share = below / (below - above)
  const rate = before.far + share * (next.far - before.far)
  const isFirst = !Number.isFinite(before.threshold)
  return { rate, threshold: !isFirst && -below < above ? before.threshold : next.threshold }
}

/** Points that `rocPoints` spreads over the false accept rates. */
const spread = 480

/** At most 500 points: the last one without a false accept, others evenly spread over the logarithm of the rate, and the last one of all. */
export function rocPoints(roc: Roc): RocPoint[] {
  const decades = Math.log10(Math.max(2, roc.different))
  const rates = Array.from({ length: spread + 1 }, (_, i) => 10 ** (decades * (i / spread - 1)))
  const found = [0, ...rates].map((far) => lastWithin(roc, far))
  const numbers = [...new Set([...found, roc.threshold.length - 1])]
  return numbers.filter((i) => i > 0).map((i) => pointAt(roc, i))
}
