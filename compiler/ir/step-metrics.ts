/** The metrics that the step's graph outputs after the state. */

/**
 * The metrics of a step, in this order in one tensor. `loss_scale` is 1 except with f16; `skipped` is 1 if a gradient was not
 * finite and the weights were left unchanged, otherwise 0.
 */
export const stepMetrics = ['loss', 'gradient_norm', 'rate', 'loss_scale', 'skipped'] as const
export type StepMetric = (typeof stepMetrics)[number]
