/** With what programs for a CPU compute convolutions, products and normalizations. */

/** `native`: arcc's own kernels; `xla`: XLA's own ops, which keep more in memory. */
export const cpuKernels = ['native', 'xla'] as const
export type CpuKernels = (typeof cpuKernels)[number]
