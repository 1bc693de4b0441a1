/**
 * The batches of training on the devices, one ahead of its use: while a step runs, the next one's pictures are copied.
 *
 * Legend: b images of one device.
 */
import type { Batch } from '../data/batches.ts'
import { FACE_SIZE } from '../data/image.ts'
import type { DeviceTensor, Engine, HostTensor } from '../engine.ts'
import { oneAhead } from '../one-ahead.ts'

export interface UploadedBatch {
  readonly step: number
  /** Images, labels, mirroring and the step's number of each device, `[device][i]`; whoever takes the batch disposes them. */
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

/** Copies each batch to all devices at once, while the caller is busy with the one before. What nobody takes is freed. */
export function uploadAhead(engine: Engine, batches: AsyncIterable<Batch>): AsyncGenerator<UploadedBatch> {
  return oneAhead(upload(engine, batches), disposeBatch)
}

export function disposeBatch({ inputs }: UploadedBatch): void {
  for (const tensor of inputs.flat()) tensor.dispose()
}
