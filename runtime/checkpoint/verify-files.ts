/** Whether a checkpoint is as it was written: compares its files with the sizes and hashes in its manifest. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../system-errors.ts'
import { type Manifest, manifestName } from './manifest.ts'

/** A file that is not as it was written. */
export interface Damage {
  readonly file: string
  readonly reason: string
}

const chunkBytes = 2 ** 20

/** SHA-256 of a file, hexadecimal. Throws the system's error. */
async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** All files that are missing, too many, of another size, or, unless `sizesOnly`, with other contents. */
export async function findDamage(folder: string, { files }: Manifest, sizesOnly = false): Promise<readonly Damage[]> {
  const damage: Damage[] = []
  const listed = new Set([manifestName, ...files.map(({ name }) => name)])
  for (const name of await readdir(folder).catch((): string[] => []))
    if (!listed.has(name)) damage.push({ file: name, reason: 'the manifest does not list it' })
  for (const { name, bytes, sha256 } of files) {
    const path = join(folder, name)
    try {
      const { size } = await stat(path)
      if (size !== bytes) damage.push({ file: name, reason: `it has ${size} bytes, not ${bytes}` })
      else if (!sizesOnly && (await hashOfFile(path)) !== sha256)
        damage.push({ file: name, reason: 'its contents differ from what was written (SHA-256)' })
    } catch (error) {
      damage.push({ file: name, reason: reasonOf(error) })
    }
  }
  return damage
}

/** On one line: `centers-00001-of-00001.safetensors: its contents …`. */
export function damageText(damage: readonly Damage[]): string {
  return damage.map(({ file, reason }) => `${file}: ${reason}`).join('; ')
}
