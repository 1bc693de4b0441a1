/** Where the evaluations of a network lie, each in a folder with the name of its set. */
import { statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { shownFile } from '../run-record.ts'
import { runFolderOf } from './find-backbone.ts'

/** The folder in that of a run. */
export const evaluationsName = 'evaluations'

/** `evaluations` in the folder of the run that the weights are of; for others, `NAME.evaluations` beside them. */
export function evaluationsFolder(path: string): string {
  const run = runFolderOf(path)
  if (run !== undefined) return join(shownFile(run), evaluationsName)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  // `.` and `..` are no names: what is beside them is outside of the folder, which may be a checkpoint.
  const named = /(^|[/\\])\.{1,2}[/\\]*$/.test(path) ? resolve(path) : path
  return join(dirname(named), `${basename(named, isFolder ? '' : extname(named))}.${evaluationsName}`)
}
