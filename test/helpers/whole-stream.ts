/** Reads tensors that arrive in pieces. */
import type { HostTensor } from '../../runtime/engine.ts'
import { newHostArray } from '../../runtime/host-tensor.ts'
import type { TensorStream } from '../../runtime/safetensors.ts'

/** A tensor that fits into memory and into one array. */
export async function wholeOf({ dtype, shape, pieces }: TensorStream): Promise<HostTensor> {
  const data = newHostArray({ dtype, shape })
  let at = 0
  for await (const piece of pieces()) {
    data.set(piece, at)
    at += piece.length
  }
  return { dtype, shape, data }
}
