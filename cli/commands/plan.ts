/** `arcc plan`: predicts the shards, memory, collectives and time of a run. */
import { writeFileSync } from 'node:fs'
import { type Compilation, compileVariants } from '../../compiler/driver.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { createCollections } from '../../runtime/data/formats/data-formats.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { plannedCpu } from '../host/first-rates.ts'
import { fileHost } from '../host/host.ts'
import { requirePage } from '../host/page-file.ts'
import { diagnosticToJson } from '../render/diagnostic.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { formatPlan, formatVariants, type PlannedVariant } from '../render/format-plan.ts'
import { documentLook, type Look } from '../render/look.ts'
import { processOutput } from '../render/output.ts'
import { scanLine } from '../render/scan-progress.ts'
import type { PlanOptions } from './options.ts'
import { type PagePart, pagePart, planPageLines } from './plan-page.ts'

/** If there are several plans, the table shows which ones do not fit in memory, so this warning is omitted. */
const doesNotFit = 'ARC5004'

async function documentOf({ plan }: Compilation, exact: boolean, look: Look): Promise<PlanDocument | undefined> {
  if (plan === undefined || !exact) return plan?.document
  const { addExact } = await import('./exact.ts')
  return addExact(plan, look)
}

/**
 * Returns exit code 1 if the file has an error, a `require` is not met, or the exact figures exceed the memory of the device; an
 * existing plan is still shown. The variants of a `sweep` are shown in one table, including those without a plan. Throws the error
 * of the first plan that XLA rejects, after all plans are shown.
 */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const collections = createCollections(scanLine(output))
  const host = fileHost(undefined, undefined, collections, plannedCpu(options.measure ? 'complete' : 'never', output))
  const entry = openEntry(host, options.file)
  const { experiment, set, format, exact } = options
  if (format === 'html') requirePage(options.output)
  const bag = new DiagnosticBag()
  const refused: unknown[] = []
  const variants: PlannedVariant[] = []
  const parts: PagePart[] = []
  for (const compilation of compileVariants({ entry, experiment, overrides: overrideSources(set) }, host)) {
    const { plan, variant, diagnostics } = compilation
    // A variant that XLA rejects must not suppress the figures of the others.
    const document = await documentOf(compilation, exact, output.errorLook).catch((error: unknown) => {
      refused.push(error)
      return plan?.document
    })
    for (const diagnostic of diagnostics) bag.add(diagnostic)
    const name = variant?.name ?? plan?.name
    const own = diagnostics.filter(({ variants }) => variants !== undefined).map(diagnosticToJson)
    if (name === undefined) continue
    const planned = { name, file: entry.path, plan: document, diagnostics: own }
    variants.push(planned)
    if (format === 'html') parts.push(pagePart(compilation, planned, host))
  }
  const look = options.output === undefined ? output.look : documentLook
  const [only, second] = variants
  const lines =
    format === 'html'
      ? await planPageLines(parts, options.file)
      : second !== undefined
        ? await formatVariants(variants, format, look)
        : only?.plan && (await formatPlan(only.plan, format, look, bag.hasErrors))
  if (lines !== undefined) {
    if (options.output === undefined) output.result(lines)
    else writeFileSync(options.output, `${lines.join('\n')}\n`)
  }
  const diagnostics = bag.sorted()
  output.diagnostics(diagnostics.filter(({ code }) => second === undefined || code !== doesNotFit))
  if (refused.length > 0) throw refused[0]
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return failed || variants.some(({ plan }) => plan?.exact?.fits === false) ? exitCode.user : exitCode.ok
}
