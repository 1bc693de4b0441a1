/** `arcc plan`: what a run will take, before anything starts. */
import { writeFileSync } from 'node:fs'
import { compileExperiment } from '../compiler/driver.ts'
import { openEntry, overrideSources } from './entry.ts'
import { type ExitCode, exitCode } from './exit.ts'
import { formatPlan } from './format-plan.ts'
import { fileHost } from './host.ts'
import { documentLook } from './look.ts'
import { processOutput } from './output.ts'
import type { PlanOptions } from './program.ts'

/** Exit code 1 where the file has an error or a `require` is not met; a plan that exists is shown all the same. */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const entry = openEntry(host, options.file)
  const { experiment, set, format } = options
  const result = compileExperiment({ entry, experiment, overrides: overrideSources(set) }, host)
  if (result.plan !== undefined) {
    const toFile = options.output
    const lines = await formatPlan(result.plan.document, format, toFile === undefined ? output.look : documentLook)
    if (toFile === undefined) output.result(lines)
    else writeFileSync(toFile, `${lines.join('\n')}\n`)
  }
  output.diagnostics(result.diagnostics)
  return result.diagnostics.some((diagnostic) => diagnostic.severity === 'error') ? exitCode.user : exitCode.ok
}
