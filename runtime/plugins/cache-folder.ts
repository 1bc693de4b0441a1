/** The folder for everything that arcc can recompute or download again: plugin libraries and compiled programs. */
import { join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { xlaError } from '../xla/pjrt/errors.ts'
import { cacheRoot } from './cache-root.ts'

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
