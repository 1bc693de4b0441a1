/**
 * Downloads the XLA plugin into the cache on first use; a final rename puts it in place. Of concurrent processes one downloads, and the
 * others wait for it. A library that has changed since is replaced.
 */
import { access, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../process-lock.ts'
import { xlaError } from '../xla/pjrt/errors.ts'
import { cacheFolder } from './cache-folder.ts'
import { cacheRoot } from './cache-root.ts'
import { type FetchProgress, fetchWheel, unpackWheel } from './fetch-wheel.ts'
import { namedPlugin } from './named-plugin.ts'
import { findPlugin, hostPlatform, pluginTable, type WheelEntry } from './plugin-table.ts'
import { isUnchanged } from './verify-library.ts'

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The paths of a wheel in the cache: the unpacked folder, and the library in it. They may not exist yet. */
export function placeOf(entry: WheelEntry): { readonly home: string; readonly library: string } {
  const home = join(cacheRoot(), 'plugins', `${entry.wheel}-${entry.version}-${entry.platform}`)
  return { home, library: join(home, entry.library) }
}

/** A plugin's verified library in the cache; `undefined` if it has not been downloaded or is damaged. */
export async function cachedPlugin(entry: WheelEntry): Promise<string | undefined> {
  const { library } = placeOf(entry)
  return (await exists(library)) && (await isUnchanged(library, entry.sha256)) ? library : undefined
}

/**
 * The path of a plugin's library in the cache, downloaded first if it is missing.
 *
 * Throws ARC6002 without Python or pip, ARC6003 if the download fails, ARC6004 for a wheel with a different SHA-256, ARC6008 if
 * the cache is not writable.
 */
export async function fetchPlugin(entry: WheelEntry, onProgress: FetchProgress = () => {}): Promise<string> {
  const root = await cacheFolder('plugins')
  const { home, library } = placeOf(entry)
  if ((await cachedPlugin(entry)) !== undefined) return library
  // Those who come second wait for the first one's download.
  await withLock(
    `${home}.lock`,
    () => undefined,
    async () => {
      if ((await cachedPlugin(entry)) === undefined) await replacePlugin(entry, root, onProgress)
    },
  )
  onProgress({ phase: 'ready' })
  return library
}

/** Downloads a plugin to where there is none, or a damaged one. */
async function replacePlugin(entry: WheelEntry, root: string, onProgress: FetchProgress): Promise<void> {
  const { home } = placeOf(entry)
  const work = await mkdtemp(join(root, 'fetch-'))
  try {
    const wheel = await fetchWheel(entry, work, onProgress)
    onProgress({ phase: 'unpack' })
    const unpacked = join(work, 'unpacked')
    await unpackWheel(entry, wheel, unpacked)
    await rm(home, { recursive: true, force: true })
    await rename(unpacked, home).catch((error) => {
      throw xlaError('ARC6008', { path: home, reason: String(error) }, error)
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * The CPU plugin library: the one named by `explicit` or `$ARCC_XLA_PLUGIN`, otherwise the pinned one for this platform. Throws
 * ARC6001 if there is none.
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
