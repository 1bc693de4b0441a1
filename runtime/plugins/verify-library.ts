/**
 * Verifies large libraries before they are loaded. Reading one completely takes 0.2 s, so it is done once after each start of this
 * computer, and whenever the file's size, time or place on the disk differs; a sealed note next to it records the result.
 */
import { readFile, stat } from 'node:fs/promises'
import { sealOf, unseal } from '../cache/sealed.ts'
import { computerName } from '../process-name.ts'
import { replaceContents } from '../replace-file.ts'
import { fileDigest } from './file-digest.ts'

interface Note {
  /** SHA-256 of the library, hexadecimal. */
  readonly sha256: string
  /** The state of the file, and the start of the computer, when it was read. */
  readonly checked: string
}

async function stateOf(library: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(library)
  return `${size} ${mtimeMs} ${ino} ${computerName()}`
}

async function readNote(path: string, key: string): Promise<Note | undefined> {
  try {
    const { contents } = unseal(key, await readFile(path))
    return contents === undefined ? undefined : (JSON.parse(contents.toString()) as Note)
  } catch {
    return undefined
  }
}

async function writeNote(path: string, key: string, note: Note): Promise<void> {
  const contents = Buffer.from(JSON.stringify(note))
  try {
    await replaceContents(path, [sealOf(key, contents), contents])
  } catch {
    // A folder that cannot be written is verified every time.
  }
}

/**
 * Whether a library has the expected SHA-256, or that of its first verification if none is given. `key` identifies what was installed:
 * a note of something else does not count. Throws the system's error if the library cannot be read.
 */
export async function isUnchanged(library: string, key: string, expected?: string): Promise<boolean> {
  const path = `${library}.checked`
  const note = await readNote(path, key)
  const checked = await stateOf(library)
  const wanted = expected ?? note?.sha256
  if (note?.checked === checked && note.sha256 === wanted) return true
  const sha256 = await fileDigest(library)
  if (wanted !== undefined && sha256 !== wanted) return false
  await writeNote(path, key, { sha256, checked })
  return true
}
