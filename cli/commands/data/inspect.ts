/** `arcc data inspect`: what a data set contains. */
import { inspectCollection } from '../../../runtime/data/inspect/inspect-collection.ts'
import { inspectionToJson, renderInspection } from '../../render/data-inspection.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { processOutput } from '../../render/output.ts'
import type { DataInspectOptions } from '../options.ts'
import { openSource } from './source.ts'

export async function inspect(options: DataInspectOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const opened = openSource(options, output)
  if (opened === undefined) return exitCode.user
  const inspection = await inspectCollection(opened.collection, opened.root, options.sample)
  output.result(
    options.format === 'json'
      ? [JSON.stringify(inspectionToJson(inspection), undefined, 2)]
      : renderInspection(inspection, output.look),
  )
  return exitCode.ok
}
