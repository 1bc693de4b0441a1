/** Reads byte ranges of many files with few of them open at a time, as a set may have more shards than a process may open files. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { ArccError } from '../../errors.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'
import { sourceErrors } from './messages.ts'

export interface OpenFiles {
  /**
   * The bytes of a range of file number `file`, in a buffer that the next call may overwrite. Throws ARC6206 if the file cannot be
   * read and ARC6298 if it has become shorter.
   */
  bytes(file: number, offset: number, length: number): Uint8Array
  /** Bytes of file number `file`. Throws ARC6206. */
  size(file: number): number
  close(): void
}

/** Files that a reader keeps open; with 16 workers, well below the 1,024 that systems allow a process by default. */
const mostOpen = 24

export function openFiles(paths: readonly string[]): OpenFiles {
  // A `Map` keeps its order: the first handle is the one that was not used for longest.
  const handles = new Map<number, number>()
  let buffer = new Uint8Array(2 ** 16)
  const handleOf = (file: number, path: string): number => {
    const open = handles.get(file)
    if (open !== undefined) {
      handles.delete(file)
      handles.set(file, open)
      return open
    }
    const opened = openRegular(path).handle
    const [oldest] = handles
    if (handles.size >= mostOpen && oldest !== undefined) {
      handles.delete(oldest[0])
      closeSync(oldest[1])
    }
    handles.set(file, opened)
    return opened
  }
  return {
    bytes(file, offset, length) {
      const path = paths[file] ?? ''
      if (length > buffer.length) buffer = new Uint8Array(2 ** Math.ceil(Math.log2(length)))
      let done = 0
      try {
        const handle = handleOf(file, path)
        for (let got = -1; got !== 0 && done < length; done += got) {
          got = readSync(handle, buffer, done, length - done, offset + done)
        }
      } catch (error) {
        if (error instanceof ArccError) throw error
        throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
      }
      if (done < length) throw sourceErrors('ARC6298', { file: path, at: offset, length, end: offset + done })
      return buffer.subarray(0, length)
    },
    size(file) {
      const path = paths[file] ?? ''
      try {
        return fstatSync(handleOf(file, path)).size
      } catch (error) {
        if (error instanceof ArccError) throw error
        throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
      }
    },
    close() {
      for (const handle of handles.values()) closeSync(handle)
      handles.clear()
    },
  }
}
