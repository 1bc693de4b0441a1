/**
 * Requirements for compiling for CUDA: XLA's CUDA plugin, and `ptxas` with libdevice. After `arcc install cuda` they are present;
 * otherwise two wheels are downloaded, about 230 MB once.
 */
import { dirname, join } from 'node:path'
import { ownInstallation } from '../../cuda/libraries.ts'
import { cachedPlugin, fetchPlugin, placeOf } from '../../plugins/fetch-plugin.ts'
import type { FetchEvent } from '../../plugins/fetch-wheel.ts'
import {
  cudaPluginTable,
  entryFor,
  hostPlatform,
  type PlatformName,
  type PluginEntry,
  ptxasTable,
  type WheelEntry,
} from '../../plugins/plugin-table.ts'
import { xlaError } from '../pjrt/errors.ts'

export interface CudaTools {
  /** The plugin library. */
  readonly plugin: string
  /** The folder for `--xla_gpu_cuda_data_dir`: contains `bin/ptxas` and `nvvm/libdevice`. */
  readonly dataFolder: string
}

export interface CudaEntries {
  readonly plugin: PluginEntry
  readonly ptxas: WheelEntry
}

/** The wheels of a platform. Throws ARC6013 if none are published. */
export function cudaEntries(platform: PlatformName = hostPlatform()): CudaEntries {
  const plugin = entryFor(cudaPluginTable, platform)
  const ptxas = entryFor(ptxasTable, platform)
  if (plugin !== undefined && ptxas !== undefined) return { plugin, ptxas }
  throw xlaError('ARC6013', { platform, known: cudaPluginTable.map((entry) => entry.platform).join(' and ') })
}

/** Their paths in the cache; `undefined` if one of them has not been downloaded. */
export async function cachedCudaTools({ plugin, ptxas }: CudaEntries): Promise<CudaTools | undefined> {
  const installed = ownInstallation()
  if (installed !== undefined) return { plugin: installed.plugin, dataFolder: installed.dataFolder }
  const [library, program] = await Promise.all([cachedPlugin(plugin), cachedPlugin(ptxas)])
  return library === undefined || program === undefined ? undefined : toolsAt(library, ptxas)
}

/** The tools, downloaded first if they are missing. Throws the errors of `fetchPlugin`. */
export async function fetchCudaTools(
  entries: CudaEntries,
  onProgress: (wheel: string, event: FetchEvent) => void,
): Promise<CudaTools> {
  const { plugin, ptxas } = entries
  const cached = await cachedCudaTools(entries)
  if (cached !== undefined) return cached
  await fetchPlugin(ptxas, (event) => onProgress(ptxas.wheel, event))
  return toolsAt(await fetchPlugin(plugin, (event) => onProgress(plugin.wheel, event)), ptxas)
}

function toolsAt(plugin: string, ptxas: WheelEntry): CudaTools {
  return { plugin, dataFolder: join(placeOf(ptxas).home, dirname(dirname(ptxas.library))) }
}
