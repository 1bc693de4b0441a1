/** `arcc report`: one page about one run, or about several side by side. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageVersion } from '../host/package-folder.ts'
import { requirePage } from '../host/page-file.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { formatBytes, plural } from '../render/format.ts'
import { processOutput } from '../render/output.ts'
import { hashFiles } from '../runs/hash-files.ts'
import { findPictures } from '../runs/pictures.ts'
import { type Run, readRun } from '../runs/read-run.ts'
import type { ReportOptions } from './options.ts'

const reportName = 'report.html'

/** Runs with names that tell them apart: their folders where two have the same name. */
function withOwnNames(runs: readonly Run[]): readonly Run[] {
  const count = (name: string) => runs.filter((run) => run.name === name).length
  return runs.map((run) => (count(run.name) > 1 ? { ...run, name: run.folder } : run))
}

async function pageOf(runs: readonly [Run, ...Run[]]): Promise<string> {
  const { runPage, comparisonPage } = await import('../page/report/report-page.ts')
  const maker = `Made by arcc ${packageVersion()} report on ${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC.`
  const [run, second] = runs
  if (second !== undefined) return comparisonPage(withOwnNames(runs), maker)
  // The page that is about to be replaced is none of the run's files.
  const files = await hashFiles({ ...run, files: run.files.filter(({ name }) => name !== reportName) })
  return runPage(run, await findPictures(run), files, maker)
}

/** Throws ARC6840 if a folder is not that of a run, ARC6607 for another ending. Damage of a run is shown in the page. */
export async function report({ color, runs: folders, output: file }: ReportOptions): Promise<ExitCode> {
  const output = processOutput(color)
  requirePage(file)
  const [first, ...others] = folders
  const run = await readRun(first)
  const rest: Run[] = []
  for (const folder of others) rest.push(await readRun(folder))
  const path = file ?? join(run.folder, reportName)
  const text = await pageOf([run, ...rest])
  writeFileSync(path, text)
  const gaps = [run, ...rest].reduce((sum, { gaps: own }) => sum + own.length, 0)
  const missing = gaps === 0 ? '' : `, which says what could not be read (${plural(gaps, 'thing')})`
  output.result([`${path}: ${formatBytes(Buffer.byteLength(text))}${missing}`])
  return exitCode.ok
}
