/** Keeps what was used recently, up to a total size. */

export interface Recent<T> {
  /** The value of a key; `make` makes it, with its size, if it is not kept. The last value is kept whatever its size. */
  get(key: string, make: () => { readonly value: T; readonly size: number }): T
}

export function createRecent<T>(most: number): Recent<T> {
  // A `Map` keeps its order: the first entry is the one that was not used for longest.
  const kept = new Map<string, { readonly value: T; readonly size: number }>()
  let total = 0
  return {
    get(key, make) {
      const known = kept.get(key)
      if (known !== undefined) {
        kept.delete(key)
        kept.set(key, known)
        return known.value
      }
      const made = make()
      total += made.size
      for (const [oldest, { size }] of kept) {
        if (total <= most) break
        kept.delete(oldest)
        total -= size
      }
      kept.set(key, made)
      return made.value
    },
  }
}
