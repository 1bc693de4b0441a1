/** The folders of the evaluations of sets. */
import { basename, join } from 'node:path'
import { reportErrors } from '../../../runtime/evaluate/report/messages.ts'
import { prepareFolder } from '../../../runtime/evaluate/report/write-evaluation.ts'
import type { EvaluationSet } from '../../../runtime/evaluate/sets/evaluation-set.ts'

/** A set's name as that of a folder: that of its file, without signs that are special in shells. */
function folderName(name: string): string {
  const plain = basename(name)
    .replace(/\.bin$/i, '')
    .replace(/[^\p{L}\p{N}._=+@%-]+/gu, '_')
    .replace(/^\.+/, '_')
  return plain === '' ? 'set' : plain
}

/** The folder of each set, which exists and can be written. Throws ARC6324 and ARC6326. */
export async function outputFolders(
  sets: readonly Pick<EvaluationSet, 'name' | 'path'>[],
  parent: string,
): Promise<readonly string[]> {
  const taken = new Map<string, Pick<EvaluationSet, 'path'>>()
  for (const set of sets) {
    const folder = join(parent, folderName(set.name))
    const other = taken.get(folder)
    if (other !== undefined) throw reportErrors('ARC6324', { first: other.path, second: set.path, folder })
    taken.set(folder, set)
  }
  for (const folder of taken.keys()) await prepareFolder(folder)
  return [...taken.keys()]
}
