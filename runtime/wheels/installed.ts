/** Lists and removes arcc's downloads in its cache. */
import { existsSync } from 'node:fs'
import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheRoot } from '../plugins/cache-root.ts'
import { placeOf } from '../plugins/fetch-plugin.ts'
import {
  cudaPluginTable,
  type PlatformName,
  pluginTable,
  ptxasTable,
  type WheelEntry,
} from '../plugins/plugin-table.ts'
import type { InstallName } from './install-name.ts'
import { changing } from './install-wheels.ts'
import { readManifest } from './manifest.ts'
import { type WheelFolder, wheelFolders } from './wheel-folders.ts'

/** Something downloaded by `arcc install` or by a command that needed it. */
export interface Installed {
  /** What it is removed by. */
  readonly group: InstallName
  /** `CUDA for XLA`, with its version. */
  readonly what: string
  /** `part`: an unfinished install. */
  readonly state: 'whole' | 'part'
  readonly path: string
  /** Bytes on the disk. */
  readonly bytes: number
}

/** All downloads, of every version. */
export async function listInstalled(): Promise<readonly Installed[]> {
  const several = (await Promise.all(wheelFolders.map((folder) => inFolder(folder)))).flat()
  const single = (group: Installed['group'], what: string, table: readonly WheelEntry[]) =>
    table
      .filter((entry) => existsSync(placeOf(entry).home))
      .map((entry) => ({
        group,
        what: `${what}, ${entry.wheel} ${entry.version}${platformNote(entry.platform)}`,
        state: 'whole' as const,
        path: placeOf(entry).home,
      }))
  const found = [
    ...single('cpu', 'XLA for the CPU', pluginTable),
    ...several.filter(({ group }) => group === 'cuda'),
    ...single('cuda', 'for arcc plan --exact', [...cudaPluginTable, ...ptxasTable]),
    ...several.filter(({ group }) => group !== 'cuda'),
  ]
  return Promise.all(found.map(async (one) => ({ ...one, bytes: await bytesBelow(one.path) })))
}

/** The installations of several packages in a folder of the cache. */
async function inFolder(folder: WheelFolder): Promise<readonly Omit<Installed, 'bytes'>[]> {
  const root = join(cacheRoot(), folder)
  const names = existsSync(root) ? (await readdir(root)).filter((name) => !name.endsWith('.lock')) : []
  return names.sort().map((name) => {
    const path = join(root, name)
    const title = folder === 'cuda' ? 'CUDA for XLA' : 'TensorFlow for TensorFlow.js'
    const state = readManifest(path) === undefined ? 'part' : 'whole'
    return { group: groupOf(folder, name), what: `${title}, ${name.replace(/\.part$/, '')}`, state, path }
  })
}

function groupOf(folder: WheelFolder, name: string): InstallName {
  if (folder === 'cuda') return 'cuda'
  return name.startsWith('gpu-') ? 'tfjs-gpu' : 'tfjs'
}

/** A cache may be shared by computers of several kinds. */
function platformNote(platform: PlatformName): string {
  return platform === `${process.platform}-${process.arch}` ? '' : ` for ${platform}`
}

/** Deletes one group and returns what was deleted. Throws ARC6036 if the folder cannot be changed. */
export async function removeInstalled(group: Installed['group']): Promise<readonly Installed[]> {
  const found = (await listInstalled()).filter((one) => one.group === group)
  for (const { path, what } of found) {
    // A process that reads it concurrently finds all or nothing.
    const away = `${path}.part`
    await changing(what, path, async () => {
      if (!path.endsWith('.part')) {
        await rm(away, { recursive: true, force: true })
        await rename(path, away)
      }
      await rm(path.endsWith('.part') ? path : away, { recursive: true, force: true })
    })
  }
  return found
}

async function bytesBelow(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    names.map(async (name) => {
      const info = await lstat(join(path, name)).catch(() => undefined)
      return info?.isFile() ? info.size : 0
    }),
  )
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}
