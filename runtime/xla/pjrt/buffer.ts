/** Tensors in device memory: owned, disposed once, counted by their client. */

import { byteSize, type DType, showType, type TensorType } from '../../../compiler/ir/dtype.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import type { DeviceTensor, HostTensor } from '../../engine.ts'
import { newHostArray } from '../../host-tensor.ts'
import { bufferTypes } from './abi.gen.ts'
import type { PjrtClient } from './client.ts'
import { awaitEvents } from './event.ts'

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

/** The plugin copies the data before the call returns, which is faster than a wait up to this number of bytes. */
const immutableOnlyDuringCall = 0
const smallBytes = 16_384
/** The host memory must not change until the transfer's event completes. */
const immutableUntilTransferCompletes = 1

/** What became of a buffer that is no longer alive. */
type End = 'disposed' | 'donated'

export class PjrtBuffer implements DeviceTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly client: PjrtClient
  #pointer: bigint | undefined
  #end: End = 'disposed'

  /** Takes ownership of a `PJRT_Buffer*`. */
  constructor(client: PjrtClient, pointer: bigint, type: TensorType) {
    this.client = client
    this.dtype = type.dtype
    this.shape = type.shape
    this.#pointer = pointer
    client.live.buffers.add(this)
  }

  /** The `PJRT_Buffer*`. Using a tensor after its disposal is a bug in the caller. */
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
    await awaitEvents(library, [reply.get('event')], [data])
    return { dtype: this.dtype, shape: this.shape, data }
  }

  dispose(): void {
    if (this.#pointer !== undefined) destroyBuffers(this.client, BigUint64Array.of(this.#leave('disposed')))
  }

  /** Transfers the `PJRT_Buffer*` to a consumer and frees the handle. */
  donate(): bigint {
    return this.#leave('donated')
  }

  #leave(end: End): bigint {
    const pointer = this.pointer
    this.#pointer = undefined
    this.#end = end
    this.client.live.buffers.delete(this)
    return pointer
  }
}

/** Frees handles, `PJRT_Buffer*`; 0 means none. All share one argument struct: the step of a large network frees thousands. */
export function destroyBuffers({ library }: PjrtClient, handles: BigUint64Array): void {
  const destroy = library.repeat('PJRT_Buffer_Destroy', 'buffer')
  for (const handle of handles) if (handle !== 0n) destroy(handle)
}

/** A tensor and its target device, `PJRT_Device*`. */
export interface Upload {
  readonly device: bigint
  readonly tensor: HostTensor
}

/**
 * Copies host tensors to devices, concurrently. Their data must not change until this resolves. If one is refused, none is kept.
 */
export async function uploadBuffers(client: PjrtClient, uploads: readonly Upload[]): Promise<PjrtBuffer[]> {
  const begun: { readonly buffer: PjrtBuffer; readonly transferred: bigint }[] = []
  let failed: { readonly error: unknown } | undefined
  try {
    for (const upload of uploads) begun.push(beginUpload(client, upload))
  } catch (error) {
    failed = { error }
  }
  const data = uploads.map(({ tensor }) => tensor.data)
  const transferred = begun.map((upload) => upload.transferred)
  // Transfers in flight still read the host's memory.
  await awaitEvents(client.library, transferred, data).catch((error: unknown) => {
    failed ??= { error }
  })
  const buffers = begun.map(({ buffer }) => buffer)
  if (failed === undefined) return buffers
  for (const buffer of buffers) buffer.dispose()
  throw failed.error
}

function beginUpload(client: PjrtClient, { device, tensor }: Upload) {
  const { data, dtype, shape } = tensor
  const wanted = byteSize(tensor)
  if (data.byteLength !== wanted) bug(`${showType(tensor)} holds ${data.byteLength} bytes, not ${wanted}`)
  const reply = client.library.call('PJRT_Client_BufferFromHostBuffer', {
    client: client.pointer,
    data,
    type: typeOf[dtype],
    dims: BigInt64Array.from(shape, BigInt),
    num_dims: shape.length,
    host_buffer_semantics: wanted <= smallBytes ? immutableOnlyDuringCall : immutableUntilTransferCompletes,
    device,
  })
  return {
    buffer: new PjrtBuffer(client, reply.get('buffer'), tensor),
    transferred: reply.get('done_with_host_buffer'),
  }
}
