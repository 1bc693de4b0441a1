/** Images in the order of their classes: class `c` has the images `firsts[c]` … `firsts[c + 1] - 1`. */

/** The number of the last start that is at most `i`; `firsts` is ascending and begins with 0. */
export function rangeAt(firsts: ArrayLike<number>, i: number): number {
  let low = 0
  let high = firsts.length - 1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((firsts[middle] ?? 0) <= i) low = middle
    else high = middle
  }
  return low
}
