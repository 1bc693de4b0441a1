/** What can keep a plan from running on this computer: ARC605x. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

/** What a plan wants, for people: `` `dgx_v100` (8 × NVIDIA V100 SXM2 32 GB) ``. */
type Wants = {
  readonly machine: string
  /** What else may be done, one way a line. */
  readonly ways: string
}

export const placementErrors = errorsOf({
  ARC6050: {
    text: (p) => `the plan is for ${p.machine}, and no GPU is found here: ${p.found}`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { found: string }>,
  ARC6051: {
    text: (p) =>
      `the plan is for ${p.machine}, and the NVIDIA driver here${p.version} is too old: it supports CUDA ${p.cuda}, and CUDA ${p.least} wants driver ${p.driver} or newer`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { version: string; cuda: string; least: number; driver: number }>,
  ARC6052: {
    text: (p) => `the plan is for ${p.machine}, and only ${p.found} of ${p.wanted} GPUs are here: ${p.gpus}`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { found: number; wanted: number; gpus: string }>,
  ARC6053: {
    text: (p) =>
      `the plan is for ${p.machine} with ${p.memory} each, and of the GPUs here ${p.enough} have as much: ${p.gpus}`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { memory: string; enough: string; gpus: string }>,
  ARC6054: {
    text: (p) => `the plan is for ${p.machine}: ${p.nodes} computers, and arcc runs on one`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants & { nodes: number }>,
  ARC6055: {
    text: (p) => `the plan is for ${p.machine}, and the engine tfjs computes on the CPU alone`,
    hint: (p) => p.ways,
  } satisfies ErrorMessage<Wants>,
  ARC6056: {
    text: (p) => `the XLA plugin ${p.path} is not made for devices of the kind ${p.kind}: ${p.message}`,
    hint: () => 'unset ARCC_XLA_PLUGIN, and arcc finds the right one',
  } satisfies ErrorMessage<{ path: string; kind: string; message: string }>,
  ARC6057: {
    text: (p) => `XLA sees no GPU: ${p.message}`,
    hint: () => 'look at "nvidia-smi" and at CUDA_VISIBLE_DEVICES; "arcc doctor" shows the driver and its GPUs',
  } satisfies ErrorMessage<{ message: string }>,
})
