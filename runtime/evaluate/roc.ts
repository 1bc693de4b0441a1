/** The receiver operating characteristic of pair distances: the true accept rate at each false accept rate. */

/** One point for every distinct distance d: the pairs with distance ≤ d are accepted. The first point accepts nothing. */
export interface Roc {
  readonly same: number
  readonly different: number
  readonly distance: Float64Array
  /** Accepted pairs of each kind, counts. */
  readonly trueAccepts: Int32Array
  readonly falseAccepts: Int32Array
}

export interface TarAtFar {
  /** The requested false accept rate (FAR). */
  readonly far: number
  /** The largest true accept rate (TAR) of a threshold whose false accept rate is at most `far`. */
  readonly tar: number
  /** Pairs up to this distance are accepted; -1 accepts none. */
  readonly distance: number
}

/** 0.001 · 1000 pairs may come out a little below 1. */
const ROUNDING = 1e-9

/** `distances` f64[P], `same` u8[P], both kinds present. Pairs of equal distance are accepted together. */
export function rocOf(distances: Float64Array, same: Uint8Array): Roc {
  const order = Uint32Array.from(distances.keys()).sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0))
  const distance = [-1]
  const trueAccepts = [0]
  const falseAccepts = [0]
  let trues = 0
  let falses = 0
  for (const [i, pair] of order.entries()) {
    if (same[pair] === 1) trues++
    else falses++
    const here = distances[pair] ?? 0
    const next = order[i + 1]
    if (next !== undefined && distances[next] === here) continue
    distance.push(here)
    trueAccepts.push(trues)
    falseAccepts.push(falses)
  }
  return {
    same: trues,
    different: falses,
    distance: Float64Array.from(distance),
    trueAccepts: Int32Array.from(trueAccepts),
    falseAccepts: Int32Array.from(falseAccepts),
  }
}

/** By the trapezoidal rule: pairs with equal distances count half. */
export function areaUnderRoc(roc: Roc): number {
  const { trueAccepts, falseAccepts } = roc
  let area = 0
  for (let i = 1; i < trueAccepts.length; i++) {
    const step = (falseAccepts[i] ?? 0) - (falseAccepts[i - 1] ?? 0)
    area += (step * ((trueAccepts[i] ?? 0) + (trueAccepts[i - 1] ?? 0))) / 2
  }
  return area / (roc.same * roc.different)
}

/** The operating point for a false accept rate; see `isTellable`. */
export function tarAtFar(roc: Roc, far: number): TarAtFar {
  let last = 0
  while (last + 1 < roc.distance.length && (roc.falseAccepts[last + 1] ?? 0) <= far * roc.different + ROUNDING) last++
  return { far, tar: (roc.trueAccepts[last] ?? 0) / roc.same, distance: roc.distance[last] ?? -1 }
}

/** Whether there are enough different pairs for one false accept to be within the rate. */
export function isTellable(roc: Roc, far: number): boolean {
  return roc.different * far >= 1 - ROUNDING
}
