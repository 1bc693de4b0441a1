/** The folder for everything that arcc can recompute or download again: plugin libraries and compiled programs. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { xlaError } from '../xla/pjrt/errors.ts'

/** `$ARCC_CACHE`, else `$XDG_CACHE_HOME/arcc`, else `~/.cache/arcc`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.ARCC_CACHE) return env.ARCC_CACHE
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'arcc')
}

/** A folder under the cache root, created if missing. Throws ARC6008 if it cannot be created. */
export async function cacheFolder(name: string): Promise<string> {
  const path = join(cacheRoot(), name)
  try {
    makeFolder(path)
  } catch (error) {
    throw xlaError('ARC6008', { path, reason: reasonOf(error) }, error)
  }
  return path
}
