/** The digest of a file of any size. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Bytes per read. */
const chunkBytes = 2 ** 21

/** SHA-256 of a file, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
