/** Steps whose loss or gradient is not finite: the state after them is lost. */
import type { StepMetric } from '../../compiler/ir/step-metrics.ts'
import { ArccError } from '../errors.ts'
import { trainErrors } from './messages.ts'

export type StepMetrics = Readonly<Record<StepMetric, number>>

/** ARC6504, ARC6723 or ARC6724. */
export class NonFiniteStep extends ArccError {
  /** The number of the step, from 1. */
  readonly step: number
  readonly metrics: StepMetrics

  constructor(step: number, metrics: StepMetrics, { code, params, message, hint }: ArccError) {
    super(code, params, { text: message, hint })
    this.step = step
    this.metrics = metrics
  }
}

/**
 * Throws a `NonFiniteStep` for step `step`, from 1, if its loss is not finite, or if its gradient is not a number, which spoils the
 * weights. An infinite norm alone does not: the squares of large gradients overflow, and clipping makes them zero. A step that f16
 * has skipped is harmless as long as it does not overflow repeatedly.
 */
export function requireFinite(metrics: StepMetrics, step: number): void {
  if (metrics.skipped === 1 && metrics.loss_scale >= 1) return
  if (!Number.isFinite(metrics.loss) || (metrics.skipped === 0 && Number.isNaN(metrics.gradient_norm)))
    throw new NonFiniteStep(step, metrics, described(metrics, step))
}

function described({ loss }: StepMetrics, step: number): ArccError {
  return Number.isFinite(loss) ? trainErrors('ARC6723', { step }) : trainErrors('ARC6504', { loss, step })
}
