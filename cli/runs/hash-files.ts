/** SHA-256 of the files of a run. Those of checkpoints stand in their manifests, with which `arcc checkpoint verify` compares them. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { checkpointsName } from '../../runtime/checkpoint/checkpoint-folder.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import type { NamedFile } from '../../runtime/named-file.ts'
import type { Run } from './read-run.ts'

export interface HashedFile extends NamedFile {
  /** `undefined` if it is not known; `note` says why. */
  readonly sha256: string | undefined
  readonly note: string | undefined
}

/** Larger files are not hashed: a page should not take minutes. */
const mostBytes = 2 ** 31

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk)
  return hash.digest('hex')
}

export async function hashFiles({ folder, files, checkpoints }: Run): Promise<readonly HashedFile[]> {
  const recorded = new Map<string, string>()
  for (const { path, manifest } of checkpoints)
    for (const { name, sha256 } of manifest?.files ?? []) recorded.set(join(checkpointsName, basename(path), name), sha256)
  const hashed: HashedFile[] = []
  for (const file of files) {
    const known = recorded.get(file.name)
    if (known !== undefined) hashed.push({ ...file, sha256: known, note: 'by its manifest' })
    else if (file.bytes > mostBytes) hashed.push({ ...file, sha256: undefined, note: 'larger than 2 GiB, not hashed' })
    else {
      const found = await hashOf(join(folder, file.name)).then(
        (sha256) => ({ sha256, note: undefined }),
        (error: unknown) => ({ sha256: undefined, note: reasonOf(error) }),
      )
      hashed.push({ ...file, ...found })
    }
  }
  return hashed
}
