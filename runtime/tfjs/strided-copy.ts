/** One loop for every op that moves elements: a copy between two row-major arrays, each traversed with its own strides. */

/** Elements as bits: their values do not matter, and having only two array types keeps the loops fast. */
export type Bits = Uint32Array | Uint8Array

export function bitsOf(data: Float32Array | Int32Array | Uint32Array | Uint8Array | Int8Array): Bits {
  return data.BYTES_PER_ELEMENT === 4
    ? new Uint32Array(data.buffer, data.byteOffset, data.length)
    : new Uint8Array(data.buffer, data.byteOffset, data.length)
}

/** A walk over an array: element (i0, i1, …) is at offset + Σ i·stride. A stride of 0 repeats, a negative one reverses. */
export interface Walk {
  readonly offset: number
  readonly strides: readonly number[]
}

/** The strides of a dense row-major tensor. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    strides[dim] = stride
    stride *= shape[dim] as number
  }
  return strides
}

/** The walk over all of a dense tensor. */
export function wholeOf(shape: readonly number[]): Walk {
  return { offset: 0, strides: rowMajor(shape) }
}

interface Dim {
  readonly size: number
  /** Strides of source and target. */
  readonly from: number
  readonly to: number
}

/** Copies `sizes` elements from one walk to the other. The arrays must not overlap. */
export function copyStrided(sizes: readonly number[], from: Bits, source: Walk, to: Bits, target: Walk): void {
  if (sizes.includes(0)) return
  const dims = mergedDims(sizes, source, target)
  const last = dims.length - 1
  const copyFrom = (depth: number, i: number, j: number): void => {
    const dim = dims[depth] as Dim
    if (depth === last) {
      copyLine(dim, from, i, to, j)
      return
    }
    for (let k = 0; k < dim.size; k++) copyFrom(depth + 1, i + k * dim.from, j + k * dim.to)
  }
  copyFrom(0, source.offset, target.offset)
}

/** The dims without those of size 1; neighbors are merged if both walks continue from one to the next without a gap. */
function mergedDims(sizes: readonly number[], source: Walk, target: Walk): readonly Dim[] {
  const merged: Dim[] = []
  sizes.forEach((size, i) => {
    if (size === 1) return
    const dim = { size, from: source.strides[i] as number, to: target.strides[i] as number }
    const outer = merged.at(-1)
    if (outer !== undefined && outer.from === dim.from * size && outer.to === dim.to * size) {
      merged[merged.length - 1] = { ...dim, size: outer.size * size }
    } else {
      merged.push(dim)
    }
  })
  return merged.length === 0 ? [{ size: 1, from: 1, to: 1 }] : merged
}

function copyLine(dim: Dim, from: Bits, i: number, to: Bits, j: number): void {
  const { size } = dim
  if (dim.to === 1 && dim.from === 0) {
    to.fill(from[i] as number, j, j + size)
  } else if (dim.to === 1 && dim.from === 1 && size >= 32) {
    to.set(from.subarray(i, i + size), j)
  } else {
    for (let k = 0; k < size; k++) to[j + k * dim.to] = from[i + k * dim.from] as number
  }
}
