/**
 * Uploads training batches one step ahead: while a step runs, the pictures of the next one are copied to the devices.
 *
 * Legend: b images of one device.
 */
import type { Batch } from '../data/batches.ts'
import { FACE_SIZE } from '../data/image.ts'
import type { DeviceTensor, Engine, HostTensor } from '../engine.ts'
import { oneAhead } from '../one-ahead.ts'

export interface UploadedBatch {
  readonly step: number
  /** Images, labels, flips and step number of each device, `[device][i]`; the receiver disposes them. */
  readonly inputs: DeviceTensor[][]
}

function hostTensors({ step, replicas }: Batch): HostTensor[][] {
  return replicas.map(({ images, labels, flip }) => {
    const b = labels.length
    return [
      { dtype: 'u8', shape: [b, FACE_SIZE, FACE_SIZE, 3], data: images },
      { dtype: 'i32', shape: [b], data: labels },
      { dtype: 'u8', shape: [b], data: flip },
      { dtype: 'i32', shape: [], data: Int32Array.of(step) },
    ]
  })
}

async function* upload(engine: Engine, batches: AsyncIterable<Batch>): AsyncGenerator<UploadedBatch> {
  for await (const batch of batches) yield { step: batch.step, inputs: await engine.uploadAll(hostTensors(batch)) }
}

/** Copies each batch to all devices while the caller uses the previous one. Unused batches are freed. */
export function uploadAhead(engine: Engine, batches: AsyncIterable<Batch>): AsyncGenerator<UploadedBatch> {
  return oneAhead(upload(engine, batches), disposeBatch)
}

export function disposeBatch({ inputs }: UploadedBatch): void {
  for (const tensor of inputs.flat()) tensor.dispose()
}
