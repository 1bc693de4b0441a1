/** Reads a file that is needed as a whole, also beyond the 2 GiB of `readFile`, and never waits on a pipe. */
import { open, stat } from 'node:fs/promises'
import { ArccError } from '../errors.ts'
import { dataErrors, reasonOf } from './messages.ts'

/** Bytes per read. */
const PIECE = 2 ** 26

/** The bytes of a file of at most `most` bytes. Throws ARC6206, which names it. */
export async function readWhole(path: string, most: number): Promise<Uint8Array> {
  const refuse = (reason: string, cause?: unknown) => dataErrors('ARC6206', { file: path, reason }, cause)
  let bytes: Uint8Array
  try {
    const info = await stat(path)
    if (info.isDirectory()) throw refuse('it is a folder')
    if (!info.isFile()) throw refuse('it is a pipe or a device')
    if (info.size > most) throw refuse(`it has ${info.size} bytes, more than ${most}`)
    bytes = new Uint8Array(info.size)
    const file = await open(path)
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, bytes.length - at), at)
        if (bytesRead === 0) throw refuse('it became shorter while it was read')
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ArccError) throw error
    throw refuse(reasonOf(error), error)
  }
  return bytes
}
