/** A batch that needs no data set: noise as images, labels spread over all classes. */
import type { Plan } from '../compiler/plan/plan.ts'
import { imageBytes } from '../runtime/data/image.ts'
import type { Batch } from '../runtime/data/loader/batches.ts'

/** The same batch in every process, for all devices of the plan; it has the number of the first step. */
export function noiseBatch({ run, replicas }: Plan): Batch {
  const images = new Uint8Array(run.batchPerDevice * imageBytes(run.image)).map((_, i) => (i * 2654435761) >>> 24)
  const labels = Int32Array.from({ length: run.batchPerDevice }, (_, i) => (i * 7919) % run.classes)
  const flip = new Uint8Array(run.batchPerDevice)
  return { step: 0, epoch: 0, replicas: Array.from({ length: replicas }, () => ({ images, labels, flip })) }
}
