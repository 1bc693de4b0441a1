/** Where the evaluations of a network lie, each in a folder with the name of its set. */
import { statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { shownFile } from '../run-record.ts'
import { runFolderOf } from './find-backbone.ts'

/** The folder in that of a run. */
export const evaluationsName = 'evaluations'

/** `evaluations` in the folder of the run that the weights are of; for others, `NAME.evaluations` beside them. */
export function evaluationsFolder(path: string): string {
  const run = runFolderOf(path)
  if (run !== undefined) return join(shownFile(run), evaluationsName)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  return join(dirname(path), `${basename(path, isFolder ? '' : extname(path))}.${evaluationsName}`)
}
