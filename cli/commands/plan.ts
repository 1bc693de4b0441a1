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
import { diagnosticToJson, type JsonDiagnostic } from '../render/diagnostic.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { failureToJson } from '../render/failure-json.ts'
import { formatPlan, formatVariants, type PlannedVariant } from '../render/format-plan.ts'
import { documentLook, type Look } from '../render/look.ts'
import { type Output, processOutput } from '../render/output.ts'
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

/** A planned variant before the diagnostics that all variants share are known. */
interface Made {
  readonly planned: PlannedVariant
  readonly part: PagePart | undefined
}

/** Plans each variant; errors of XLA are put into `refused`, so that the figures of the others are shown. */
async function planAll(options: PlanOptions, output: Output, bag: DiagnosticBag, refused: unknown[]): Promise<Made[]> {
  const collections = createCollections(scanLine(output))
  const host = fileHost(undefined, undefined, collections, plannedCpu(options.measure ? 'complete' : 'never', output))
  const entry = openEntry(host, options.file)
  const { experiment, set, format, exact } = options
  const made: Made[] = []
  for (const compilation of compileVariants({ entry, experiment, overrides: overrideSources(set) }, host)) {
    const { plan, variant, diagnostics } = compilation
    const rejected: JsonDiagnostic[] = []
    const document = await documentOf(compilation, exact, output.errorLook).catch((error: unknown) => {
      refused.push(error)
      rejected.push(failureToJson(error, entry.path))
      return plan?.document
    })
    for (const diagnostic of diagnostics) bag.add(diagnostic)
    const name = variant?.name ?? compilation.experiment?.name ?? experiment
    const planned = {
      name,
      file: entry.path,
      plan: document,
      diagnostics: [...diagnostics.map(diagnosticToJson), ...rejected],
    }
    made.push({ planned, part: format === 'html' ? pagePart(compilation, planned, host) : undefined })
  }
  return made
}

/** The first compilation of a sweep has what is reported about all variants: each gets it. */
function withShared(made: readonly Made[]): readonly PlannedVariant[] {
  const [first, ...others] = made.map(({ planned }) => planned)
  if (first === undefined) return []
  const shared = others.length === 0 ? [] : first.diagnostics.filter(({ variants }) => variants === undefined)
  return [first, ...others.map((planned) => ({ ...planned, diagnostics: [...shared, ...planned.diagnostics] }))]
}

function write(lines: readonly string[] | undefined, options: PlanOptions, output: Output): void {
  if (lines === undefined) return
  if (options.output === undefined) output.result(lines)
  else writeFileSync(options.output, `${lines.join('\n')}\n`)
}

/**
 * Returns exit code 1 if the file has an error, a `require` is not met, or the exact figures exceed the memory of the device; an
 * existing plan is still shown. The variants of a `sweep` are shown in one table, including those without a plan. A document has
 * every diagnostic, and the failure that keeps a file from being planned. Throws that failure, and the error of the first plan that
 * XLA rejects, after all plans are shown.
 */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { format, file, experiment } = options
  if (format === 'html') requirePage(options.output)
  const look = options.output === undefined ? output.look : documentLook
  const bag = new DiagnosticBag()
  const refused: unknown[] = []
  const made = await planAll(options, output, bag, refused).catch(async (error: unknown) => {
    const diagnostics = [...bag.sorted().map(diagnosticToJson), failureToJson(error, file)]
    const failed = { name: experiment, file, plan: undefined, diagnostics }
    if (format !== 'html') write(await formatPlan(failed, format, look), options, output)
    throw error
  })
  const variants = withShared(made)
  const [only, second] = variants
  const lines =
    format === 'html'
      ? await planPageLines(
          made.flatMap(({ part }) => part ?? []),
          file,
        )
      : second !== undefined
        ? await formatVariants(variants, format, look)
        : only && (await formatPlan(only, format, look))
  write(lines, options, output)
  const diagnostics = bag.sorted()
  output.diagnostics(diagnostics.filter(({ code }) => second === undefined || code !== doesNotFit))
  if (refused.length > 0) throw refused[0]
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return failed || variants.some(({ plan }) => plan?.exact?.fits === false) ? exitCode.user : exitCode.ok
}
