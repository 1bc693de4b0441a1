/** How XLA compiles for CUDA: the same for a plan's exact figures and for a run. */

/** Flags of XLA, without dashes, to their values. */
export type XlaFlags = Readonly<Record<string, string | number | boolean>>

export const cudaFlags: XlaFlags = {
  // XLA may else leave out a rounding to 16 bits between two ops. That keeps residual sums in f32 (15 % more memory for bf16 on
  // compute 8.0, which has no bf16 arithmetic), and a tensor that is computed twice could differ from itself.
  xla_allow_excess_precision: false,
  // On compute 9.0 this scheduler is on by itself and spends what memory there is on hiding communication: up to half more than the
  // plan where the backward pass recomputes. Without it collectives still start as early and end as late as they can.
  xla_gpu_enable_latency_hiding_scheduler: false,
}
