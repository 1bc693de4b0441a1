/** A file that is read by ranges, so that its size does not matter. */
import { createHash } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { ArccError } from '../errors.ts'
import { systemErrors } from '../system-errors.ts'
import { startErrors } from './messages.ts'

/** Bytes that are read at once when a whole file or a long range is read. */
export const PIECE_BYTES = 2 ** 24

export interface ByteFile {
  /** The path, for messages. */
  readonly path: string
  /** Bytes when it was opened. */
  readonly size: number
  /** `length` bytes from `at` on. Throws ARC6760 if they cannot be read. */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** The same in pieces of at most `PIECE_BYTES`. */
  pieces(at: number, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>>
  /** SHA-256 of the whole file, as hexadecimal digits. */
  sha256(): Promise<string>
  close(): Promise<void>
}

/** The error of a file that the operating system does not let arcc read. */
function unreadable(file: string, error: unknown): ArccError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return startErrors('ARC6760', { file, reason: systemErrors[code] ?? 'it cannot be read' }, error)
}

/** Opens a file; the caller closes it. Throws ARC6760, also for folders, pipes and devices. */
export async function openBytes(path: string): Promise<ByteFile> {
  const refuse = (reason: string) => startErrors('ARC6760', { file: path, reason })
  let handle: FileHandle
  let size: number
  try {
    // Opening a pipe would wait for its writer.
    const info = await stat(path)
    if (info.isDirectory()) throw refuse('it is a folder')
    if (!info.isFile()) throw refuse('it is a pipe or a device')
    size = info.size
    handle = await open(path, 'r')
  } catch (error) {
    throw error instanceof ArccError ? error : unreadable(path, error)
  }
  const read = async (at: number, length: number) => {
    if (!Number.isSafeInteger(at) || at < 0 || at + length > size)
      throw refuse(`it has ${size} bytes, and bytes up to ${at + length} are needed`)
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const wanted = Math.min(PIECE_BYTES, length - done)
      const { bytesRead } = await handle.read(bytes, done, wanted, at + done).catch((error: unknown) => {
        throw unreadable(path, error)
      })
      if (bytesRead === 0) throw refuse('it became shorter while it was read')
      done += bytesRead
    }
    return bytes
  }
  async function* pieces(at: number, length: number) {
    for (let done = 0; done < length; done += PIECE_BYTES) {
      yield await read(at + done, Math.min(PIECE_BYTES, length - done))
    }
  }
  return {
    path,
    size,
    read,
    pieces,
    async sha256() {
      const hash = createHash('sha256')
      for await (const piece of pieces(0, size)) hash.update(piece)
      return hash.digest('hex')
    },
    close: () => handle.close(),
  }
}
