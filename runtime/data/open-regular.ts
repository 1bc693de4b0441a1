/** Opens files for reading without ever waiting: opening a pipe would wait for a writer. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { ArccError } from '../errors.ts'
import { dataErrors, reasonOf } from './messages.ts'

export interface OpenedFile {
  readonly handle: number
  readonly size: number
}

/** Throws ARC6206 if the file cannot be opened, or is none: a folder, a pipe or a device. */
export function openRegular(path: string): OpenedFile {
  let handle: number | undefined
  try {
    // Windows has no such flag, nor pipes with names in folders.
    handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = fstatSync(handle)
    if (stats.isFile()) return { handle, size: stats.size }
    const reason = stats.isDirectory() ? 'it is a folder' : 'it is a pipe or a device'
    throw dataErrors('ARC6206', { file: path, reason })
  } catch (error) {
    if (handle !== undefined) closeSync(handle)
    if (error instanceof ArccError) throw error
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  }
}
