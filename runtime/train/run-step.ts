/**
 * One training step on all devices: batch up, program, metrics down.
 *
 * Legend: b images of one device.
 */
import { type StepMetric, stepMetrics } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Batch } from '../data/batches.ts'
import { FACE_SIZE } from '../data/image.ts'
import type { DeviceTensor, Engine, Executable } from '../engine.ts'
import type { DeviceState } from './device-state.ts'

/** Runs the step on a batch; the state moves on, replica 0's metrics come back. */
export async function runStep(
  engine: Engine,
  executable: Executable,
  state: DeviceState,
  batch: Batch,
): Promise<Readonly<Record<StepMetric, number>>> {
  const uploads: DeviceTensor[][] = []
  for (const [replica, part] of batch.replicas.entries()) {
    const b = part.labels.length
    uploads.push([
      await engine.upload(replica, { dtype: 'u8', shape: [b, FACE_SIZE, FACE_SIZE, 3], data: part.images }),
      await engine.upload(replica, { dtype: 'i32', shape: [b], data: part.labels }),
      await engine.upload(replica, { dtype: 'u8', shape: [b], data: part.flip }),
      await engine.upload(replica, { dtype: 'i32', shape: [], data: Int32Array.of(batch.step) }),
    ])
  }
  const outputs = await executable.run(uploads.map((own, replica) => [...state.of(replica), ...own]))
  for (const tensor of uploads.flat()) tensor.dispose()
  const metrics = state.advance(outputs)
  const values = await Promise.all(stepMetrics.map((_, i) => need(metrics[0]?.[i], 'a metric').read()))
  for (const tensor of metrics.flat()) tensor.dispose()
  const value = (name: StepMetric) => need(values[stepMetrics.indexOf(name)]?.data[0], name)
  return {
    loss: value('loss'),
    gradient_norm: value('gradient_norm'),
    rate: value('rate'),
    loss_scale: value('loss_scale'),
    skipped: value('skipped'),
  }
}
