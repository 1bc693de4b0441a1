/**
 * Reads tensors that lie in a storage with an offset and strides, as PyTorch keeps them: transposed ones and parts of a storage too.
 *
 * Legend: a tensor [n0,n1,…]; its rows are its parts along dim 0, and a tensor without dims is one row.
 */
import { PIECE_BYTES } from './byte-file.ts'
import { elementBytes, type FloatType, toF32 } from './element-types.ts'

/** Bytes of a file that hold elements of one type. */
export interface Storage {
  /** `length` bytes from byte `at` of the storage on, at the start of a buffer of their own. */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

export interface Layout {
  /** In elements of the storage, as are the strides. */
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** Elements of the storage from the first to the last one that a tensor has; 0 if it is empty. */
export function extentOf({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): number {
  if (shape.includes(0)) return 0
  return shape.reduce((extent, size, dim) => extent + (size - 1) * (strides[dim] ?? 0), 1)
}

/** Whether the elements of each row follow each other, and the rows too. */
function isContiguous({ shape, strides }: Layout): boolean {
  let expected = 1
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim] ?? 0
    if (size !== 1 && strides[dim] !== expected) return false
    expected *= size
  }
  return true
}

/** Rows `start` … `start + count - 1` in row-major order. */
export async function readRows(
  storage: Storage,
  type: FloatType,
  layout: Layout,
  [start, count]: readonly [number, number],
): Promise<Float32Array<ArrayBuffer>> {
  const { offset, shape, strides } = layout
  const inner = shape.slice(1)
  const width = inner.reduce((product, size) => product * size, 1)
  const result = new Float32Array(count * width)
  const bytes = elementBytes[type]
  if (result.length === 0) return result
  if (isContiguous(layout)) {
    const first = offset + start * width
    const most = PIECE_BYTES / bytes
    for (let at = 0; at < result.length; at += most) {
      const length = Math.min(most, result.length - at)
      result.set(toF32(type, await storage.read((first + at) * bytes, length * bytes)), at)
    }
    return result
  }
  const rowsShape = shape.length === 0 ? [] : [count, ...inner]
  const first = offset + start * (strides[0] ?? 0)
  const span = extentOf({ shape: rowsShape, strides })
  const values = toF32(type, await storage.read(first * bytes, span * bytes))
  gather(values, result, rowsShape, strides)
  return result
}

/** Copies a strided tensor in row-major order. */
function gather(from: Float32Array, to: Float32Array, shape: readonly number[], strides: readonly number[]): void {
  const index = shape.map(() => 0)
  let at = 0
  for (let i = 0; i < to.length; i++) {
    to[i] = from[at] ?? 0
    for (let dim = shape.length - 1; dim >= 0; dim--) {
      const next = (index[dim] ?? 0) + 1
      at += strides[dim] ?? 0
      if (next < (shape[dim] ?? 0)) {
        index[dim] = next
        break
      }
      index[dim] = 0
      at -= next * (strides[dim] ?? 0)
    }
  }
}
