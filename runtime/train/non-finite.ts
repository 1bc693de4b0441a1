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
 * Whether the loss of a step is finite and its gradient is a number; otherwise the weights are spoiled. An infinite norm alone does not
 * spoil them: the squares of large gradients overflow, and clipping makes them zero. A step that f16 has skipped is harmless as long as
 * it does not overflow repeatedly.
 */
export function isFiniteStep(metrics: StepMetrics): boolean {
  if (metrics.skipped === 1 && metrics.loss_scale >= 1) return true
  return Number.isFinite(metrics.loss) && (metrics.skipped === 1 || !Number.isNaN(metrics.gradient_norm))
}

/** Throws a `NonFiniteStep` for step `step`, from 1, if it is not finite. */
export function requireFinite(metrics: StepMetrics, step: number): void {
  if (!isFiniteStep(metrics)) throw new NonFiniteStep(step, metrics, described(metrics, step))
}

function described({ loss }: StepMetrics, step: number): ArccError {
  return Number.isFinite(loss) ? trainErrors('ARC6723', { step }) : trainErrors('ARC6504', { loss, step })
}
