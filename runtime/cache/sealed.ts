/**
 * The form of an entry in a cache on disk: one line with a format, the key and a SHA-256, then the contents. Nothing of an entry is
 * used before the line matches the requested key and the contents: a flipped bit anywhere in the file, an entry under the name of
 * another one and a file that was cut short are all detected.
 */
import { createHash } from 'node:crypto'

const format = 'arcc-cache-1'

/** The contents of an entry, or what is wrong with it, for people. */
export type Unsealed =
  | { readonly contents: Buffer; readonly fault?: never }
  | { readonly contents?: never; readonly fault: string }

/** SHA-256 of a key and contents, hexadecimal. */
function digestOf(key: string, contents: Uint8Array): string {
  return createHash('sha256').update(`${format} ${key} ${contents.byteLength}\n`).update(contents).digest('hex')
}

/** The line before the contents of an entry; `key` has no spaces. */
export function sealOf(key: string, contents: Uint8Array): Buffer {
  return Buffer.from(`${format} ${key} ${digestOf(key, contents)}\n`, 'latin1')
}

/** Verifies a complete file and returns its contents, which share its memory. */
export function unseal(key: string, file: Buffer): Unsealed {
  const start = Buffer.from(`${format} ${key} `, 'latin1')
  const length = start.length + 65
  if (file.length < length) return { fault: `it has only ${file.length} bytes` }
  if (!file.subarray(0, start.length).equals(start)) return { fault: 'it does not begin with its own key' }
  const contents = file.subarray(length)
  if (!file.subarray(0, length).equals(sealOf(key, contents)))
    return { fault: 'its SHA-256 does not match its contents' }
  return { contents }
}
