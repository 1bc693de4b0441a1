/** Tensors in a device's memory: owned, disposed once, counted by their client. */

import { byteSize, type DType, showType, type TensorType } from '../../../compiler/ir/dtype.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import type { DeviceTensor, HostTensor } from '../../engine.ts'
import { newHostArray } from '../../host-tensor.ts'
import { bufferTypes } from './abi.gen.ts'
import type { PjrtClient } from './client.ts'
import { awaitEvent } from './event.ts'

const typeOf: { readonly [D in DType]: number } = {
  f64: bufferTypes.F64,
  f32: bufferTypes.F32,
  f16: bufferTypes.F16,
  bf16: bufferTypes.BF16,
  i32: bufferTypes.S32,
  u32: bufferTypes.U32,
  u8: bufferTypes.U8,
  i8: bufferTypes.S8,
  pred: bufferTypes.PRED,
}

/** The host memory must not change until the transfer's own event says that it is done. */
const immutableUntilTransferCompletes = 1

export class PjrtBuffer implements DeviceTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly client: PjrtClient
  #pointer: bigint | undefined
  #end: 'disposed' | 'donated' = 'disposed'

  /** Takes ownership of a `PJRT_Buffer*`. */
  constructor(client: PjrtClient, pointer: bigint, type: TensorType) {
    this.client = client
    this.dtype = type.dtype
    this.shape = type.shape
    this.#pointer = pointer
    client.live.buffers.add(this)
  }

  /** The `PJRT_Buffer*`. Using a tensor after its end is a mistake of the caller. */
  get pointer(): bigint {
    return this.#pointer ?? bug(`${showType(this)} was used after it was ${this.#end}`)
  }

  /** Copies it to the host, row-major. */
  async read(): Promise<HostTensor> {
    const { library } = this.client
    const data = newHostArray(this)
    if (data.length === 0) return { dtype: this.dtype, shape: this.shape, data }
    const reply = library.call('PJRT_Buffer_ToHostBuffer', {
      src: this.pointer,
      dst: data,
      dst_size: data.byteLength,
    })
    await awaitEvent(library, reply.get('event'), data)
    return { dtype: this.dtype, shape: this.shape, data }
  }

  dispose(): void {
    this.#release('disposed')
  }

  /** A run has consumed it: frees the handle, whose memory belongs to a result now. */
  donated(): void {
    this.#release('donated')
  }

  #release(end: 'disposed' | 'donated'): void {
    if (this.#pointer === undefined) return
    const buffer = this.#pointer
    this.#pointer = undefined
    this.#end = end
    this.client.live.buffers.delete(this)
    this.client.library.call('PJRT_Buffer_Destroy', { buffer })
  }
}

/** Copies a host tensor to a device. Its data must not change until this resolves. */
export async function uploadBuffer(client: PjrtClient, device: bigint, tensor: HostTensor): Promise<PjrtBuffer> {
  const { library } = client
  const wanted = byteSize(tensor)
  if (tensor.data.byteLength !== wanted) bug(`${showType(tensor)} holds ${tensor.data.byteLength} bytes, not ${wanted}`)
  const reply = library.call('PJRT_Client_BufferFromHostBuffer', {
    client: client.pointer,
    data: tensor.data,
    type: typeOf[tensor.dtype],
    dims: BigInt64Array.from(tensor.shape, BigInt),
    num_dims: tensor.shape.length,
    host_buffer_semantics: immutableUntilTransferCompletes,
    device,
  })
  const buffer = new PjrtBuffer(client, reply.get('buffer'), tensor)
  try {
    await awaitEvent(library, reply.get('done_with_host_buffer'), tensor.data)
  } catch (error) {
    buffer.dispose()
    throw error
  }
  return buffer
}
