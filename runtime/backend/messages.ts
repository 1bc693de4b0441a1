/** Reasons why a plan cannot run on this computer, ARC605x. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

/** The machine that a plan needs, for display: `` `dgx_v100` (8 × NVIDIA V100 SXM2 32 GB) ``. */
type Wants = {
  readonly machine: string
  /** The alternatives, one per line. */
  readonly ways: string
}

export const placementErrors = errorsOf({
  ARC6050: {
    text: (p) => `the plan is for ${p.machine}, but no GPU was found here: ${p.found}`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { found: string }>,
  ARC6051: {
    text: (p) =>
      `the plan is for ${p.machine}, but the NVIDIA driver here${p.version} is too old: it supports CUDA ${p.cuda}, and CUDA ${p.least} needs driver ${p.driver} or newer`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { version: string; cuda: string; least: number; driver: number }>,
  ARC6052: {
    text: (p) => `the plan is for ${p.machine}, but this computer has only ${p.found} of ${p.wanted} GPUs: ${p.gpus}`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { found: number; wanted: number; gpus: string }>,
  ARC6053: {
    text: (p) =>
      `the plan is for ${p.machine} with ${p.memory} each, but ${p.enough} of the GPUs here have that much memory: ${p.gpus}`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { memory: string; enough: string; gpus: string }>,
  ARC6054: {
    text: (p) => `the plan is for ${p.machine}: ${p.nodes} computers, but this one was started alone`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { nodes: number }>,
  ARC6055: {
    text: (p) => `the plan is for ${p.machine}, but the engine tfjs runs only on the CPU`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants>,
  ARC6870: {
    text: (p) => `the engine tfjs trains on one computer, but ${p.nodes} nodes are to meet`,
    hint: () => 'use --engine xla, which is the default',
  } satisfies ErrorMessage<{ nodes: number }>,
  ARC6871: {
    text: (p) =>
      `the plan is for ${p.machine}: ${p.planned === 1 ? 'one computer' : `${p.planned} computers`}, but ${p.nodes} nodes are to meet`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { planned: number; nodes: number }>,
  ARC6874: {
    text: (p) => `the plan is for ${p.machine}, but the GPUs here are others: ${p.gpus}`,
    hint: (p) =>
      `for several computers, arcc does not replace the GPUs of a machine: --set machine='local(nodes: ${p.nodes})' plans for these, if all computers have them`,
  } satisfies ErrorMessage<{ machine: string; gpus: string; nodes: number }>,
  ARC6056: {
    text: (p) => `the XLA plugin ${p.path} does not support devices of kind ${p.kind}: ${p.message}`,
    hint: () => 'unset ARCC_XLA_PLUGIN to let arcc select the plugin',
  } satisfies ErrorMessage<{ path: string; kind: string; message: string }>,
  ARC6057: {
    text: (p) => `XLA sees no GPU: ${p.message}`,
    hint: () => 'check "nvidia-smi" and CUDA_VISIBLE_DEVICES; "arcc doctor" shows the driver and its GPUs',
  } satisfies ErrorMessage<{ message: string }>,
})
