/** Arrays in shared memory that grow while a format lists its images, so that tens of millions need no object each. */

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
