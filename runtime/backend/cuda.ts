/** XLA on the NVIDIA GPUs of this computer, all driven by this process; NCCL connects them with those of other processes. */
import { statSync } from 'node:fs'
import type { CudaGpu } from '../cuda/driver.ts'
import type { CudaInstallation } from '../cuda/libraries.ts'
import { openLibrary } from '../native-library.ts'
import { processes, type World } from '../world.ts'
import { cudaFlags, flagsAcrossProcesses } from '../xla/pjrt/cuda-flags.ts'
import type { Backend } from './backend.ts'

/** `memory`: bytes per card that the plan assumes. */
export function cudaBackend(gpus: readonly CudaGpu[], memory: number, world: World): Backend {
  const nodes = processes(world)
  return {
    kind: 'cuda',
    devices: gpus.length,
    createOptions: {
      // XLA's default is three quarters of the card.
      memory_fraction: { float: memoryFraction(gpus, memory) },
      preallocate: { flag: true },
      visible_devices: { integers: gpus.map((gpu) => gpu.index) },
      ...(nodes > 1 ? { node_id: { integer: world.rank }, num_nodes: { integer: nodes } } : {}),
    },
    joinsProcesses: nodes > 1,
    async locate(_, onProgress) {
      const { ensureCuda, openCudaLibraries } = await import('../cuda/libraries.ts')
      const installation = await ensureCuda(onProgress)
      openCudaLibraries(installation, world.size)
      return {
        plugin: installation.plugin,
        flags: (graph) => ({
          ...cudaFlags(graph),
          ...(nodes > 1 ? flagsAcrossProcesses : {}),
          xla_gpu_cuda_data_dir: installation.dataFolder,
        }),
        identity: await identityOf(installation),
      }
    },
  }
}

/** For the smallest card. Memory held by other processes is unavailable, whatever the plan assumes. */
function memoryFraction(gpus: readonly CudaGpu[], memory: number): number {
  const shares = gpus.map((gpu) => {
    const reserve = gpu.memory - memory
    const held = gpu.memory - (gpu.free ?? gpu.memory)
    // On an idle card the driver uses some memory itself, which is already part of the reserve.
    return (memory - (held > reserve / 2 ? held : 0)) / gpu.memory
  })
  return Math.max(0, Math.min(1, ...shares))
}

/** Driver, plugin and libraries: cuDNN by its reported version, all by their sizes. */
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
