/** The metrics that the step's graph gives after the state. */

/**
 * What a step says of itself, in this order in one tensor. `loss_scale` is 1 but with f16; `skipped` is 1 where a gradient was not
 * finite and the weights stayed, else 0.
 */
export const stepMetrics = ['loss', 'gradient_norm', 'rate', 'loss_scale', 'skipped'] as const
export type StepMetric = (typeof stepMetrics)[number]
