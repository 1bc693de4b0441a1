/** Tensors of a source as streams, which need little memory whatever their size. */
import { dtypeBytes, elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { TensorStream } from '../safetensors.ts'
import type { StateSource } from './state-source.ts'

/** About so many bytes are read at once. */
const pieceBytes = 2 ** 24

/** Rows [first, first + count) of a tensor of this type; the whole tensor by default. */
export function sourceStream(
  source: StateSource,
  name: string,
  { dtype, shape }: TensorType,
  rows?: { readonly start: number; readonly count: number },
): TensorStream {
  const { start, count } = rows ?? { start: 0, count: shape[0] ?? 1 }
  const rest = shape.slice(1)
  const rowsAtOnce = Math.max(1, Math.floor(pieceBytes / Math.max(1, elementCount(rest) * dtypeBytes[dtype])))
  return {
    dtype,
    shape: shape.length === 0 ? [] : [count, ...rest],
    async *pieces() {
      for (let at = 0; at < count; at += rowsAtOnce)
        yield (await source.rows(name, start + at, Math.min(rowsAtOnce, count - at))).data
    },
  }
}
