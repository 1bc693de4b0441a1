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

/**
 * Exit code 1 where the file has an error, a `require` is not met, or the exact figures are too much for the device; a plan that
 * exists is shown all the same.
 */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const entry = openEntry(host, options.file)
  const { experiment, set, format } = options
  const result = compileExperiment({ entry, experiment, overrides: overrideSources(set) }, host)
  let document = result.plan?.document
  if (result.plan !== undefined && options.exact) {
    const { addExact } = await import('./exact.ts')
    document = await addExact(result.plan, output.errorLook)
  }
  if (document !== undefined) {
    const toFile = options.output
    const lines = await formatPlan(document, format, toFile === undefined ? output.look : documentLook)
    if (toFile === undefined) output.result(lines)
    else writeFileSync(toFile, `${lines.join('\n')}\n`)
  }
  output.diagnostics(result.diagnostics)
  const failed = result.diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return failed || document?.exact?.fits === false ? exitCode.user : exitCode.ok
}
