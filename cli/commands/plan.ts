/** `arcc plan`: what a run will take, before anything starts. */
import { writeFileSync } from 'node:fs'
import { type Compilation, compileVariants } from '../../compiler/driver.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { formatPlans } from '../render/format-plan.ts'
import { documentLook, type Look } from '../render/look.ts'
import { processOutput } from '../render/output.ts'
import type { PlanOptions } from './options.ts'

/** Of one plan among several, that it does not fit stands in the table. */
const doesNotFit = 'ARC5004'

async function documentOf({ plan }: Compilation, exact: boolean, look: Look): Promise<PlanDocument | undefined> {
  if (plan === undefined || !exact) return plan?.document
  const { addExact } = await import('./exact.ts')
  return addExact(plan, look)
}

/**
 * Exit code 1 where the file has an error, a `require` is not met, or the exact figures are too much for the device; a plan that
 * exists is shown all the same. The variants of a `sweep` are shown in one table. Throws what XLA says to the first plan that it
 * refuses, once all are shown.
 */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const entry = openEntry(host, options.file)
  const { experiment, set, format, exact } = options
  const documents: PlanDocument[] = []
  const compilations = compileVariants({ entry, experiment, overrides: overrideSources(set) }, host)
  const bag = new DiagnosticBag()
  const refused: unknown[] = []
  for (const compilation of compilations) {
    // What XLA says no to in one variant does not cost the figures of the others.
    const document = await documentOf(compilation, exact, output.errorLook).catch((error: unknown) => {
      refused.push(error)
      return compilation.plan?.document
    })
    if (document !== undefined) documents.push(document)
    for (const diagnostic of compilation.diagnostics) bag.add(diagnostic)
  }
  if (documents.length > 0) {
    const toFile = options.output
    const lines = await formatPlans(documents, format, toFile === undefined ? output.look : documentLook)
    if (toFile === undefined) output.result(lines)
    else writeFileSync(toFile, `${lines.join('\n')}\n`)
  }
  const isShown = ({ code }: Diagnostic) => documents.length < 2 || code !== doesNotFit
  const diagnostics = bag.sorted()
  output.diagnostics(diagnostics.filter(isShown))
  if (refused.length > 0) throw refused[0]
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return failed || documents.some((document) => document.exact?.fits === false) ? exitCode.user : exitCode.ok
}
