/** Unmodified networks of arcface_torch at batches that fit this computer, as experiments on its CPU. */
import type { SourceFile } from '../grammar/source.ts'

export const cpuNetworks = ['r18', 'r50', 'mbf', 'vit_t'] as const
export const cpuBatches = [16, 32] as const

export const cpuPrecisions = ['f32', 'bf16'] as const

export type CpuNetwork = (typeof cpuNetworks)[number]

/** The experiment `r18_batch_16` in the file `r18.arc`; `r18_batch_16_bf16` in bf16. */
export function cpuExperiment(
  network: CpuNetwork,
  batch: number,
  precision: (typeof cpuPrecisions)[number] = 'f32',
): SourceFile {
  const suffix = precision === 'f32' ? '' : `_${precision}`
  return {
    path: `bench/${network}.arc`,
    text: `
use std.backbones: ${network}
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

experiment ${network}_batch_${batch}${suffix} {
  dataset  = synthetic(identities: 10000, per_identity: 20)
  backbone = ${network}
  margin   = cosface(m: 0.4)
  machine  = cpu(devices: 1, memory: 32 GiB)
  train {
    batch     = ${batch} global
    epochs    = 1
    precision = ${precision}
    optimizer = sgd(lr: 0.1, weight_decay: 5e-4)
  }
}
`,
  }
}
