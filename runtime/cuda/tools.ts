/** The paths of `ptxas` and libdevice, which XLA needs for compiling. */
import { existsSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { Environment } from '../environment.ts'

export interface CudaTools {
  /** For `--xla_gpu_cuda_data_dir`: contains `bin/ptxas` and `nvvm/libdevice`; if nothing does, the folder that should. */
  readonly dataFolder: string
  /** Whether it contains them. */
  readonly ptxas: boolean
  readonly libdevice: boolean
}

/** In an installation, given its `nvidia` folders, otherwise in a system-wide CUDA. */
export function findTools(roots: readonly string[], env: Environment): CudaTools {
  const folders = toolFolders(roots, env).map((dataFolder) => ({
    dataFolder,
    ptxas: existsSync(join(dataFolder, 'bin', 'ptxas')),
    libdevice: existsSync(join(dataFolder, 'nvvm', 'libdevice', 'libdevice.10.bc')),
  }))
  const none = { dataFolder: join(roots[0] ?? '', 'cuda_nvcc'), ptxas: false, libdevice: false }
  return (
    folders.find(({ ptxas, libdevice }) => ptxas && libdevice) ??
    folders.find(({ ptxas, libdevice }) => ptxas || libdevice) ??
    none
  )
}

function toolFolders(roots: readonly string[], env: Environment): readonly string[] {
  const own = roots.flatMap((root) => ['cuda_nvcc', 'cu13', 'cu12'].map((name) => join(root, name)))
  const named = [env.CUDA_HOME, env.CUDA_PATH].filter((folder) => folder)
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && existsSync(join(folder, 'ptxas')))
    .map((folder) => dirname(resolve(folder)))
  return [...own, ...named, ...onPath, '/usr/local/cuda'].flatMap((folder) => folder ?? [])
}
