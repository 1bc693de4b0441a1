/** How far a run uses the arithmetic of its devices: MFU, as defined in PaLM (arXiv:2204.02311, appendix B). */
import type { Plan } from '../../compiler/plan/plan.ts'

/**
 * Floating-point operations of the model in one step on all devices: two per multiply-add, three passes (forward, and the gradients of
 * inputs and of weights), of the backbone and of the products with the sampled centers. What is recomputed to save memory does not count.
 */
export function modelFlops({ document, run, replicas }: Plan): number {
  const { batch } = document.schedule
  const { perClass = 1, placement, sampledPerDevice } = document.centers
  const rows = placement === 'replicate' ? sampledPerDevice : Math.min(run.classes, sampledPerDevice * replicas)
  return 6 * batch * (document.model.multiplyAdds + run.embedding * perClass * rows)
}

/**
 * The operations per second as a fraction of the declared peak of all devices for the run's precision; `undefined` before the first
 * step, and without such a peak: that of a CPU is a guess, and products that stay in f32 use TF32 from compute capability 8.0 on, whose
 * peak is not declared.
 */
export function modelFlopUtilization(plan: Plan, secondsPerStep: number): number | undefined {
  const { device } = plan.run.machine
  if (device.kind !== 'cuda' || secondsPerStep <= 0) return undefined
  const { precision } = plan.document.model
  const peak = precision === 'f32' && (device.compute ?? 0) >= 8 ? undefined : device.flops[precision]
  if (peak === undefined) return undefined
  return modelFlops(plan) / (secondsPerStep * peak * plan.replicas)
}
