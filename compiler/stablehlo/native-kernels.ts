/** The kernels of arcc's own that programs for the CPU may call (`runtime/xla/native`). */

/** Which of the kernels a program may call: those of this processor. */
export interface NativeKernels {
  /** Whether the processor multiplies bf16; otherwise, 16-bit operands are converted to f32. */
  readonly bf16: boolean
}

/** The names under which the kernels are registered, also their symbols in the library. */
export const nativeTargets = [
  'arcc_convolution',
  'arcc_product',
  'arcc_attention',
  'arcc_normalize',
  'arcc_normalize_grad',
  'arcc_layer_norm',
  'arcc_layer_norm_grad',
] as const
export type NativeTarget = (typeof nativeTargets)[number]

/** The same for the collectives over several processes, which have a library of their own (`runtime/xla/native/collectives`). */
export const collectiveTargets = ['arcc_replica', 'arcc_all_reduce', 'arcc_all_gather', 'arcc_reduce_scatter'] as const
export type CollectiveTarget = (typeof collectiveTargets)[number]
