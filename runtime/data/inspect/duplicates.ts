/** Finds pictures with equal bytes by their hashes, in parts, so that memory stays bounded. */

/** Pictures with the same bytes, ascending. */
export interface DuplicateGroup {
  readonly count: number
  /** The first pictures of the group. */
  readonly images: readonly number[]
}

/** Hashes that are compared at a time. */
const PART = 2 ** 21
/** Members of a group that are listed. */
const mostListed = 100

/** Hashes of pictures that could not be read or have no bytes. */
const withoutBytes = 1n

/** Yields every group of equal hashes with at least two pictures, in no particular but always the same order. */
export function* duplicateGroups(hashes: BigUint64Array, part: number = PART): Generator<DuplicateGroup> {
  const parts = BigInt(Math.max(1, Math.ceil(hashes.length / part)))
  for (let p = 0n; p < parts; p++) {
    const members: number[] = []
    for (let i = 0; i < hashes.length; i++) {
      const hash = hashes[i] ?? 0n
      if (hash > withoutBytes && (parts === 1n || hash % parts === p)) members.push(i)
    }
    // Equal hashes become neighbours, smaller picture numbers first. The upper 53 bits as numbers compare fast.
    const keys = Float64Array.from(members, (i) => Number((hashes[i] ?? 0n) >> 11n))
    const byHash = (a: number, b: number) => {
      const difference = (keys[a] ?? 0) - (keys[b] ?? 0)
      if (difference !== 0) return difference
      const [first = 0n, second = 0n] = [hashes[members[a] ?? 0], hashes[members[b] ?? 0]]
      return first < second ? -1 : first > second ? 1 : a - b
    }
    const order = Uint32Array.from(keys.keys())
      .sort(byHash)
      .map((at) => members[at] ?? 0)
    for (let start = 0; start < order.length; ) {
      const hash = hashes[order[start] ?? 0]
      let end = start + 1
      while (end < order.length && hashes[order[end] ?? 0] === hash) end++
      if (end - start > 1) {
        yield { count: end - start, images: [...order.subarray(start, Math.min(end, start + mostListed))] }
      }
      start = end
    }
  }
}
