/** The engine that measures a GPU: XLA on that one card. */
import type { CudaGpu } from '../cuda/driver.ts'
import type { Engine } from '../engine.ts'
import { oneProcess } from '../world.ts'
import { createXlaEngine } from '../xla/engine.ts'

/** Bytes of a card that the driver and the libraries use; the probes need far less than the rest. */
const reserve = 2 * 2 ** 30

/** Missing CUDA libraries are downloaded first. Throws the errors of `createXlaEngine`. */
export async function startGpuEngine(gpu: CudaGpu, report: (what: string) => void): Promise<Engine> {
  return createXlaEngine({
    world: oneProcess(1),
    devices: { kind: 'cuda', gpus: [gpu], memory: gpu.memory - reserve },
    onProgress: ({ phase, what }) => report(`after the ${phase} of ${what}`),
    cacheAbove: Number.POSITIVE_INFINITY,
  })
}
