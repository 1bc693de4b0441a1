/** The page of `arcc plan --html`: that of one plan, or that of the variants of a sweep. */
import type { Compilation } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import { kernelsOf } from '../../compiler/plan/planned-kernels.ts'
import { machineRates, measuredProfile, stepRates } from '../../compiler/plan/time.ts'
import { packageVersion } from '../host/package-folder.ts'
import type { PlanInDepth } from '../page/plan/plan-page.ts'
import type { PlannedVariant } from '../render/format-plan.ts'

/** What a page needs of each compilation. The graphs of a sweep are dropped: there may be hundreds. */
export interface PagePart {
  readonly planned: PlannedVariant
  readonly diagnostics: Compilation['diagnostics']
  readonly depth: PlanInDepth | undefined
}

export function pagePart(
  { plan, experiment, variant, diagnostics }: Compilation,
  planned: PlannedVariant,
  host: Host,
): PagePart {
  if (plan === undefined || planned.plan === undefined || (variant?.count ?? 1) > 1)
    return { planned, diagnostics, depth: undefined }
  const { machine } = plan.run
  const measured = machineRates(machine, measuredProfile(machine, host))
  const rates = stepRates(measured, kernelsOf(machine, host), plan.graphs.step)
  const requires = experiment?.requires ?? []
  return { planned, diagnostics, depth: { document: planned.plan, requires, step: plan.graphs.step, rates } }
}

/** The lines of the page; `undefined` if there is no plan. */
export async function planPageLines(parts: readonly PagePart[], file: string): Promise<readonly string[] | undefined> {
  const { planPage, sweepPage } = await import('../page/plan/plan-page.ts')
  const maker = `Made by arcc ${packageVersion()} plan.`
  const [only, second] = parts
  if (only === undefined) return undefined
  if (second === undefined) return only.depth && [planPage(only.depth, only.diagnostics, maker).trimEnd()]
  const variants = parts.map(({ planned: { name = '', plan, diagnostics: own }, diagnostics }) => ({
    name,
    plan,
    errors: [...new Set(own.filter(({ severity }) => severity === 'error').map(({ code }) => code))],
    diagnostics: diagnostics.filter(({ variants: found }) => found !== undefined),
  }))
  const shared = parts.flatMap(({ diagnostics }) => diagnostics.filter(({ variants: found }) => found === undefined))
  return [sweepPage(variants, shared, { file, maker }).trimEnd()]
}
