/** `arcc data check`: reads every picture and label. */
import { join } from 'node:path'
import { checkCollection } from '../../../runtime/data/inspect/check-collection.ts'
import { hasErrors, hasFindings } from '../../../runtime/data/inspect/check-report.ts'
import { sourceIdentity } from '../../../runtime/data/inspect/check-state.ts'
import { threadPoolEnvironment } from '../../../runtime/data/loader/thread-pool.ts'
import { cacheFolder } from '../../../runtime/plugins/cache-folder.ts'
import { restartWith } from '../../../runtime/restart.ts'
import { openSource } from '../../host/open-source.ts'
import { startWork } from '../../host/work-progress.ts'
import { renderCheck } from '../../render/data-check.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { processOutput } from '../../render/output.ts'
import type { DataCheckOptions } from '../options.ts'

/** Returns exit code 1 if the data set has faults, and that of a signal after it. */
export async function check(options: DataCheckOptions): Promise<ExitCode> {
  restartWith(threadPoolEnvironment)
  const output = processOutput(options.color)
  const opened = openSource(options, output)
  if (opened === undefined) return exitCode.user
  const { collection } = opened
  const stateFolder = join(await cacheFolder('data-check'), sourceIdentity(collection))
  const began = performance.now()
  const work = startWork(output, 'stopping; what was checked is kept (press Ctrl-C again to stop immediately)')
  const { resume, output: report } = options
  const summary = await checkCollection({
    collection,
    stateFolder,
    resume,
    report,
    onProgress: work.report,
    signal: work.signal,
  }).finally(work.end)
  const interrupted = work.signal.aborted
  const seconds = (performance.now() - began) / 1000
  const failed = hasErrors(summary) || (options.strict && hasFindings(summary))
  const code = interrupted ? (work.code ?? exitCode.interrupted) : failed ? exitCode.user : exitCode.ok
  const shown = { summary, report: interrupted ? undefined : report, seconds }
  output.result(
    options.format === 'json'
      ? [JSON.stringify({ ...summary, report: shown.report, interrupted, exitCode: code }, undefined, 2)]
      : renderCheck(shown, output.look),
  )
  return code
}
