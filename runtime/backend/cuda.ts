/** XLA on NVIDIA GPUs of this computer, all driven by this process. */
import { statSync } from 'node:fs'
import type { CudaGpu } from '../cuda/driver.ts'
import type { CudaInstallation } from '../cuda/libraries.ts'
import { openLibrary } from '../native-library.ts'
import { cudaFlags } from '../xla/pjrt/cuda-flags.ts'
import type { Backend } from './backend.ts'

/** `memory`: bytes of one card that the plan counts on. */
export function cudaBackend(gpus: readonly CudaGpu[], memory: number): Backend {
  return {
    kind: 'cuda',
    devices: gpus.length,
    createOptions: {
      // XLA's own default is three quarters of the card.
      memory_fraction: { float: memoryFraction(gpus, memory) },
      preallocate: { flag: true },
      visible_devices: { integers: gpus.map((gpu) => gpu.index) },
    },
    async locate(_, onProgress) {
      const { ensureCuda, openCudaLibraries } = await import('../cuda/libraries.ts')
      const installation = await ensureCuda(onProgress)
      openCudaLibraries(installation, gpus.length)
      return {
        plugin: installation.plugin,
        flags: (graph) => ({ ...cudaFlags(graph), xla_gpu_cuda_data_dir: installation.dataFolder }),
        identity: await identityOf(installation),
      }
    },
  }
}

/** Of the smallest card. What other processes hold of a card cannot be had, whatever the plan counts on. */
function memoryFraction(gpus: readonly CudaGpu[], memory: number): number {
  const shares = gpus.map((gpu) => {
    const reserve = gpu.memory - memory
    const held = gpu.memory - (gpu.free ?? gpu.memory)
    // An idle card's driver keeps some by itself, which the reserve counts already.
    return (memory - (held > reserve / 2 ? held : 0)) / gpu.memory
  })
  return Math.max(0, Math.min(1, ...shares))
}

/** Driver, plugin and libraries: cuDNN by the version it gives itself, all by their sizes. */
async function identityOf({ plugin, libraries }: CudaInstallation): Promise<string> {
  const { findCudaDriver } = await import('../cuda/driver.ts')
  const driver = findCudaDriver()
  const paths = [plugin, ...libraries.map(({ path }) => path)].filter((path) => path !== undefined)
  const cudnn = libraries.find(({ name }) => name === 'cudnn')?.path
  return [
    `driver ${driver.found ? (driver.version ?? driver.cuda.join('.')) : 'unknown'}`,
    `cuDNN ${cudnn === undefined ? 'unknown' : openLibrary(cudnn).func('size_t cudnnGetVersion()')()}`,
    ...paths.map((path) => `${path} ${statSync(path).size}`),
  ].join(' ')
}
