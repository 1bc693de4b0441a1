/**
 * What is known without trying: whether the last engine on this computer had to do without arcc's own kernels although all that they
 * need is here, because their compiler fails, the plugin does not take them, or oneDNN cannot be loaded. Plans go by it. A refusal is
 * an empty file in the cache folder, named by everything that a later engine may find otherwise.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../../environment.ts'
import { cacheRoot } from '../../plugins/cache-root.ts'

/** Files that are named by their path, size and time; `undefined` where there is none. */
export function fileIdentity(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${path} ${found.size} ${found.mtimeMs}`
}

function placeOf(plugin: string, env: Environment): string {
  const parts = [fileIdentity(plugin) ?? plugin, env.CC ?? '', env.PATH ?? '', process.arch]
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return join(cacheRoot(env), 'native', 'refused', key)
}

/** Whether the last engine with this plugin did without the kernels. */
export function isRefused(plugin: string, env: Environment): boolean {
  return existsSync(placeOf(plugin, env))
}

/** Notes what an engine found. That is a help for plans only, so a folder that cannot be written is left alone. */
export function noteFound(plugin: string, found: boolean, env: Environment): void {
  const path = placeOf(plugin, env)
  try {
    if (found) rmSync(path, { force: true })
    else {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
    }
  } catch {
    // The next plan assumes what files are present.
  }
}
