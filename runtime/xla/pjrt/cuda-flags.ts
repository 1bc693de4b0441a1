/** How XLA compiles for CUDA: the same for a plan's exact figures and for a run. */
import type { Graph } from '../../../compiler/ir/graph.ts'
import { recomputes } from '../../../compiler/ir/recompute.ts'

/** XLA flags, without dashes, and their values. */
export type XlaFlags = Readonly<Record<string, string | number | boolean>>

/** For every program. */
const always: XlaFlags = {
  // Otherwise XLA may skip a rounding to 16 bits between two ops. That keeps residual sums in f32 (15 % more memory for bf16 on
  // compute capability 8.0, which has no bf16 arithmetic), and a tensor that is computed twice could differ from itself.
  xla_allow_excess_precision: false,
}

/**
 * For programs that recompute. The scheduler that hides communication is on by default: it makes sums over devices start early
 * and end late, and does not change the memory of a step that keeps its activations. If the backward pass recomputes, it starts
 * blocks too early: up to half more memory than planned. Without it, every all-reduce blocks the ops that follow.
 */
const whereRecomputed: XlaFlags = { xla_gpu_enable_latency_hiding_scheduler: false }

/** The flags of a graph's program. */
export function cudaFlags(graph: Graph): XlaFlags {
  return recomputes(graph) ? { ...always, ...whereRecomputed } : always
}

/**
 * For programs of several processes. If not all of them have come to the first collective in time, XLA aborts the process without a
 * word. Nodes that are lost are noticed by arcc, which says so; others may only be slow, for a while.
 */
export const flagsAcrossProcesses: XlaFlags = {
  xla_gpu_first_collective_call_warn_stuck_timeout_seconds: 120,
  xla_gpu_first_collective_call_terminate_timeout_seconds: 600,
}
