/** `arcc data inspect`: what a data set contains. */
import { type BesideSet, besideSet, inspectCollection } from '../../../runtime/data/inspect/inspect-collection.ts'
import { openSource } from '../../host/open-source.ts'
import { inspectionToJson, renderInspection, renderPairs } from '../../render/data-inspection.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { DataInspectOptions } from '../options.ts'

/** A verification set by itself. */
function inspectPairs(set: BesideSet, { format }: DataInspectOptions, output: Output): ExitCode {
  output.result(format === 'json' ? [JSON.stringify(set, undefined, 2)] : renderPairs([set], output.look))
  return set.fault === undefined ? exitCode.ok : exitCode.user
}

/** Returns exit code 1 for a verification set that cannot be read. */
export async function inspect(options: DataInspectOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  if (/\.bin$/i.test(options.source)) return inspectPairs(await besideSet(options.source), options, output)
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
