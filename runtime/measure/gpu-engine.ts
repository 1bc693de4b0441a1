/** The engine that measures a GPU: XLA on that one card. */
import type { CudaGpu } from '../cuda/driver.ts'
import { ensureCuda, openCudaLibraries } from '../cuda/libraries.ts'
import type { Engine } from '../engine.ts'
import { createXlaEngine } from '../xla/engine.ts'

/** CUDA's libraries are fetched first where they are missing. Throws what `ensureCuda`, `openCudaLibraries` and the engine throw. */
export async function startGpuEngine(_gpu: CudaGpu, report: (what: string) => void): Promise<Engine> {
  const installation = await ensureCuda(({ phase, what }) => report(`after the ${phase} of ${what}`))
  openCudaLibraries(installation, 1)
  return createXlaEngine({ replicas: 1, plugin: installation.plugin, cacheAbove: Number.POSITIVE_INFINITY })
}
