/** Takes a package from another installation in the cache: CUDA's libraries are gigabytes, and several engines use them. */
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cacheRoot } from '../plugins/cache-root.ts'
import type { WheelEntry } from '../plugins/plugin-table.ts'
import { findDamage, type InstalledWheel, isOf, readManifest } from './manifest.ts'
import { wheelFolders } from './wheel-folders.ts'

/**
 * Links or copies the files of a package from an installation that has it undamaged into a folder; `undefined` if none has it. An
 * installation that is removed meanwhile counts as none.
 */
export async function reuseWheel(entry: WheelEntry, tree: string): Promise<InstalledWheel | undefined> {
  for (const home of await installations()) {
    const wheel = readManifest(home)?.wheels.find((one) => isOf(entry, one))
    if (wheel === undefined || (await findDamage(home, wheel.files)) !== undefined) continue
    for (const { path } of wheel.files) await takeFile(join(home, path), join(tree, path))
    if ((await findDamage(tree, wheel.files)) === undefined) return wheel
  }
  return undefined
}

async function installations(): Promise<readonly string[]> {
  const found = await Promise.all(
    wheelFolders.map(async (folder) => {
      const path = join(cacheRoot(), folder)
      return existsSync(path) ? (await readdir(path)).sort().map((name) => join(path, name)) : []
    }),
  )
  return found.flat()
}

/** A link costs no space; another file system, or one without links, gets a copy. */
async function takeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await rm(to, { force: true })
  await link(from, to).catch(() => copyFile(from, to).catch(() => undefined))
}
