/** `arcc runs`: lists runs with their scores, and shows in what two differ. */

import { type ExitCode, exitCode } from '../render/exit.ts'
import { processOutput } from '../render/output.ts'
import { listRuns, sortByScore } from '../runs/list-runs.ts'
import { readRun } from '../runs/read-run.ts'
import { renderDifferences, renderRuns } from '../runs/render-runs.ts'
import { differencesToJson, runToJson } from '../runs/to-json.ts'
import type { RunsDiffOptions, RunsListOptions, RunsOptions } from './options.ts'

export function runs(options: RunsOptions): Promise<ExitCode> {
  return options.what === 'list' ? list(options) : differences(options)
}

async function list({ color, folder, by, format }: RunsListOptions): Promise<ExitCode> {
  const output = processOutput(color)
  const found = await listRuns(folder)
  const sorted = by === undefined ? found : sortByScore(found, by, folder)
  if (format === 'json') output.result([JSON.stringify(sorted.map(runToJson), undefined, 2)])
  else if (sorted.length === 0) output.result([`There are no runs in ${folder}.`])
  else output.result(renderRuns(sorted, by, output.look))
  return exitCode.ok
}

async function differences({ color, a, b, format }: RunsDiffOptions): Promise<ExitCode> {
  const output = processOutput(color)
  const [first, second] = [await readRun(a), await readRun(b)]
  output.result(
    format === 'json'
      ? [JSON.stringify(differencesToJson(first, second), undefined, 2)]
      : renderDifferences(first, second, output.look),
  )
  return exitCode.ok
}
