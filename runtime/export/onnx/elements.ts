/**
 * The elements of stored tensors as bytes, in pieces: weights are read from their file by rows, scaled and narrowed on the way.
 *
 * Legend: a tensor [n0,n1,…]; its rows are its parts along dim 0.
 */
import { elementCount } from '../../../compiler/ir/dtype.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { f32ToF16 } from '../../half.ts'
import type { FileTensor } from '../../start/file-tensor.ts'
import { type Content, isReordered, type StoredTensor, type StoredType } from './stored-tensor.ts'

/** Elements that are processed at once, unless a row or a reordered tensor has more. */
const pieceElements = 2 ** 21

/** The largest number that does not round to infinity as f16. */
const f16Limit = 65_520

export interface ElementSource {
  /** The elements of a tensor, little-endian. */
  pieces(name: string, tensor: StoredTensor): AsyncIterable<Uint8Array>
  /** Names of tensors that had numbers which are not finite. */
  readonly notFinite: ReadonlySet<string>
  /** Names of tensors that had finite numbers beyond the range of f16, where they are stored as f16. */
  readonly beyondF16: ReadonlySet<string>
}

/** The tensors of a state dict as elements. */
export function elementSource(weights: ReadonlyMap<string, FileTensor>): ElementSource {
  const notFinite = new Set<string>()
  const beyondF16 = new Set<string>()
  const tensorOf = (name: string) => need(weights.get(name), name)
  const vector = async (name: string) => tensorOf(name).rows(0, tensorOf(name).shape[0] ?? 1)

  const encoded = (values: Float32Array, of: string, type: StoredType): Uint8Array => {
    for (const value of values) {
      if (!Number.isFinite(value)) notFinite.add(of)
      else if (type === 'f16' && Math.abs(value) >= f16Limit) beyondF16.add(of)
    }
    return bytesOf(type === 'f16' ? f32ToF16(values) : values)
  }

  async function* weightPieces(content: Extract<Content, { kind: 'weight' }>, tensor: StoredTensor) {
    const { name, shape, factors } = content
    const file = tensorOf(name)
    const scales = await factors?.compute(vector)
    const [rows, ...inner] = shape.length === 0 ? [1] : shape
    const width = elementCount(inner)
    const step = isReordered(tensor) ? (rows ?? 1) : Math.max(1, Math.floor(pieceElements / Math.max(1, width)))
    for (let start = 0; start < (rows ?? 1); start += step) {
      const count = Math.min(step, (rows ?? 1) - start)
      const values = await file.rows(start, count)
      if (scales !== undefined) scaleRows(values, scales.subarray(start, start + count), width)
      yield encoded(isReordered(tensor) ? reordered(values, shape, tensor.order) : values, name, tensor.type)
    }
  }

  return {
    notFinite,
    beyondF16,
    async *pieces(name, tensor) {
      const { content, type } = tensor
      switch (content.kind) {
        case 'weight':
          yield* weightPieces(content, tensor)
          break
        case 'computed':
          yield encoded(Float32Array.from(await content.compute(vector)), name, type)
          break
        case 'numbers': {
          const values = isReordered(tensor)
            ? Array.from(reordered(Float32Array.from(content.values), content.shape, tensor.order))
            : content.values
          yield constantBytes(values, type)
        }
      }
    },
  }
}

function bytesOf(data: Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function constantBytes(values: readonly number[], type: StoredType): Uint8Array {
  switch (type) {
    case 'f32':
      return bytesOf(Float32Array.from(values))
    case 'f16':
      return bytesOf(f32ToF16(Float32Array.from(values)))
    case 'i32':
      return bytesOf(Int32Array.from(values))
    case 'i64':
      return bytesOf(BigInt64Array.from(values, BigInt))
    case 'pred':
      return Uint8Array.from(values)
  }
}

function scaleRows(values: Float32Array, factors: Float64Array, width: number): void {
  for (const [row, factor] of factors.entries())
    for (let i = row * width; i < (row + 1) * width; i++) values[i] = (values[i] ?? 0) * factor
}

/** The elements with dim i of the result being dim `order[i]`; −1 is a dim of size 1. */
function reordered(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, dim) => elementCount(shape.slice(dim + 1)))
  const dims = order.filter((dim) => dim >= 0)
  const sizes = dims.map((dim) => shape[dim] ?? 1)
  const steps = dims.map((dim) => strides[dim] ?? 1)
  const result = new Float32Array(values.length)
  const index = sizes.map(() => 0)
  let at = 0
  for (let i = 0; i < result.length; i++) {
    result[i] = values[at] ?? 0
    for (let dim = sizes.length - 1; dim >= 0; dim--) {
      const next = (index[dim] ?? 0) + 1
      at += steps[dim] ?? 0
      if (next < (sizes[dim] ?? 0)) {
        index[dim] = next
        break
      }
      index[dim] = 0
      at -= next * (steps[dim] ?? 0)
    }
  }
  return result
}
