/** Where the evaluations of a network are written. */
import { statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { reportErrors } from '../../../runtime/evaluate/report/messages.ts'
import { prepareFolder } from '../../../runtime/evaluate/report/write-evaluation.ts'
import type { EvaluationSet } from '../../../runtime/evaluate/sets/evaluation-set.ts'
import { runFolderOf } from '../../host/network/find-backbone.ts'
import { shownFile } from '../../host/run-record.ts'
import type { EvalOptions } from '../options.ts'

/** The folder of all evaluations of a network. */
export function evaluationsFolder({ network, folder }: Pick<EvalOptions, 'network' | 'folder'>): string {
  if (folder !== undefined) return folder
  const run = runFolderOf(network.path)
  if (run !== undefined) return join(shownFile(run), 'evaluations')
  const whole = resolve(network.path)
  const name = statSync(whole).isDirectory() ? basename(whole) : basename(whole, extname(whole))
  return join(dirname(network.path), `${name}.evaluations`)
}

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
