/** Arrays in shared memory that grow while a format lists its images, so that tens of millions need no object each. */
import type { TextTable } from '../collection.ts'

/** Numbers in the order in which they were added. */
export interface Column<A> {
  add(value: number): void
  /** All that have been added. */
  values(): A
}

type Numbers = Uint16Array<SharedArrayBuffer> | Uint32Array<SharedArrayBuffer> | Float64Array<SharedArrayBuffer>

function column<A extends Numbers>(
  make: (length: number) => A,
  first: (all: A, length: number) => A,
  capacity = 1024,
): Column<A> {
  let all = make(Math.max(1024, capacity))
  let length = 0
  return {
    add(value) {
      if (length === all.length) {
        const larger = make(2 * length)
        larger.set(all)
        all = larger
      }
      all[length] = value
      length += 1
    },
    values: () => first(all, length),
  }
}

export const u16Column = () =>
  column(
    (length) => new Uint16Array(new SharedArrayBuffer(2 * length)),
    (all, length) => all.subarray(0, length),
  )

/** Pages of memory count only once they are written, so that a `capacity` that is too large costs nothing. */
export const u32Column = (capacity?: number) =>
  column(
    (length) => new Uint32Array(new SharedArrayBuffer(4 * length)),
    (all, length) => all.subarray(0, length),
    capacity,
  )

export const f64Column = (capacity?: number) =>
  column(
    (length) => new Float64Array(new SharedArrayBuffer(8 * length)),
    (all, length) => all.subarray(0, length),
    capacity,
  )

/** A typed array of Node 20 holds no more bytes. */
export const mostTextBytes = 2 ** 32 - 1

/** Texts, given as UTF-8, in the order in which they were added. */
export interface TextColumn {
  /** Adds `source[start … end]`; returns false and adds nothing if all texts together would exceed `mostTextBytes`. */
  add(source: Uint8Array, start: number, end: number): boolean
  table(): TextTable
}

/** The capacities are what the texts are expected to need at most; they grow beyond. */
export function textColumn(byteCapacity = 0, capacity?: number): TextColumn {
  let bytes = new Uint8Array(new SharedArrayBuffer(Math.min(mostTextBytes, Math.max(2 ** 16, byteCapacity))))
  let at = 0
  const starts = f64Column(capacity)
  starts.add(0)
  return {
    add(source, start, end) {
      const until = at + end - start
      if (until > bytes.length) {
        if (until > mostTextBytes) return false
        const larger = new Uint8Array(new SharedArrayBuffer(Math.min(mostTextBytes, Math.max(until, 2 * bytes.length))))
        larger.set(bytes)
        bytes = larger
      }
      // For texts as short as paths, this loop is several times as fast as `set` with `subarray`.
      for (let i = start; i < end; i++) bytes[at++] = source[i] ?? 0
      starts.add(at)
      return true
    },
    table: () => ({ bytes, starts: starts.values() }),
  }
}
