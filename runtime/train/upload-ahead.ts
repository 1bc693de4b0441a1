/**
 * Uploads training batches one step ahead: while a step runs, the pictures of the next one are copied to the devices.
 *
 * Legend: b images of one device.
 */
import type { Batch } from '../data/batches.ts'
import type { ImageShape } from '../data/image.ts'
import type { DeviceTensor, Engine, HostTensor } from '../engine.ts'
import { oneAhead } from '../one-ahead.ts'

export interface UploadedBatch {
  readonly step: number
  /** Images, labels, flips and step number of each device, `[device][i]`; the receiver disposes them. */
  readonly inputs: DeviceTensor[][]
}

function hostTensors({ step, replicas }: Batch, shape: ImageShape): HostTensor[][] {
  return replicas.map(({ images, labels, flip }) => {
    const b = labels.length
    return [
      { dtype: 'u8', shape: [b, ...shape], data: images },
      { dtype: 'i32', shape: [b], data: labels },
      { dtype: 'u8', shape: [b], data: flip },
      { dtype: 'i32', shape: [], data: Int32Array.of(step) },
    ]
  })
}

async function* upload(
  engine: Engine,
  batches: AsyncIterable<Batch>,
  shape: ImageShape,
): AsyncGenerator<UploadedBatch> {
  for await (const batch of batches)
    yield { step: batch.step, inputs: await engine.uploadAll(hostTensors(batch, shape)) }
}

/** Copies each batch of images of this shape to all devices while the caller uses the previous one. Unused batches are freed. */
export function uploadAhead(
  engine: Engine,
  batches: AsyncIterable<Batch>,
  shape: ImageShape,
): AsyncGenerator<UploadedBatch> {
  return oneAhead(upload(engine, batches, shape), disposeBatch)
}

export function disposeBatch({ inputs }: UploadedBatch): void {
  for (const tensor of inputs.flat()) tensor.dispose()
}
