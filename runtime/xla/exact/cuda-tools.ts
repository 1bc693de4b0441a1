/**
 * What compiling for CUDA takes: XLA's CUDA plugin, and `ptxas` with libdevice beside it. Where `arcc install cuda` has been run they
 * are there; else two wheels are fetched, about 230 MB once.
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
  /** The folder for `--xla_gpu_cuda_data_dir`: it holds `bin/ptxas` and `nvvm/libdevice`. */
  readonly dataFolder: string
}

export interface CudaEntries {
  readonly plugin: PluginEntry
  readonly ptxas: WheelEntry
}

/** The wheels of a platform. Throws ARC6013 where none are published. */
export function cudaEntries(platform: PlatformName = hostPlatform()): CudaEntries {
  const plugin = entryFor(cudaPluginTable, platform)
  const ptxas = entryFor(ptxasTable, platform)
  if (plugin !== undefined && ptxas !== undefined) return { plugin, ptxas }
  throw xlaError('ARC6013', { platform, known: cudaPluginTable.map((entry) => entry.platform).join(' and ') })
}

/** Where they lie in the cache; `undefined` where one of them has not been fetched. */
export async function cachedCudaTools({ plugin, ptxas }: CudaEntries): Promise<CudaTools | undefined> {
  const installed = ownInstallation()
  if (installed !== undefined) return { plugin: installed.plugin, dataFolder: installed.dataFolder }
  const [library, program] = await Promise.all([cachedPlugin(plugin), cachedPlugin(ptxas)])
  return library === undefined || program === undefined ? undefined : toolsAt(library, ptxas)
}

/** The tools, fetched first where they are missing. Throws what `fetchPlugin` throws. */
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
