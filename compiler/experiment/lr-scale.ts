/** What learning rates are multiplied by for a batch. */
import type { TrainSpec } from './experiment.ts'

/** 1 unless `train.lr_scaling` declares a rule; `batch` is the global one. */
export function lrScale({ lrScaling }: Pick<TrainSpec, 'lrScaling'>, batch: number): number {
  if (lrScaling === undefined) return 1
  const times = batch / lrScaling.reference
  return lrScaling.rule === 'linear' ? times : Math.sqrt(times)
}
