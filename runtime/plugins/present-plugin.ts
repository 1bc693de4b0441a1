/** The CPU plugin if it is on this computer already. */
import { statSync } from 'node:fs'
import type { Environment } from '../environment.ts'
import { placeOf } from './fetch-plugin.ts'
import { namedPlugin } from './named-plugin.ts'
import { findPlugin, hostPlatform } from './plugin-table.ts'

/**
 * Identifies the build of the plugin that the next engine on the CPU loads, by its path, size and time; `undefined` if that must be
 * downloaded first. It is not verified, which would take a second.
 */
export function presentPlugin(env: Environment = process.env): string | undefined {
  const entry = findPlugin(hostPlatform())
  const path = namedPlugin('cpu', env) ?? (entry && placeOf(entry).library)
  if (path === undefined) return undefined
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${path} ${found.size} ${found.mtimeMs}`
}
