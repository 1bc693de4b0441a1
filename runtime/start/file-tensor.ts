/** A tensor of a file of weights. */
import { bug } from '../../grammar/diagnostic.ts'
import { type ElementType, isFloatType } from './element-types.ts'
import { type Layout, readRows, type Storage } from './strided.ts'

export interface FileTensor {
  readonly type: ElementType
  readonly shape: readonly number[]
  /** Rows `start` … `start + count - 1` as f32, row-major; a tensor without dims is one row. Only for float types. */
  rows(start: number, count: number): Promise<Float32Array<ArrayBuffer>>
}

/** A tensor whose elements lie in a storage. */
export function storedTensor(storage: Storage, type: ElementType, layout: Layout): FileTensor {
  return {
    type,
    shape: layout.shape,
    rows: (start, count) =>
      isFloatType(type) ? readRows(storage, type, layout, [start, count]) : bug(`a tensor of ${type} as weights`),
  }
}
