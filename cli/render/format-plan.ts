/** Formats plans as text, JSON or YAML. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import type { JsonDiagnostic } from './diagnostic.ts'
import type { Look } from './look.ts'
import { renderPlan } from './plan.ts'
import { renderVariants } from './variants.ts'

export const planFormats = ['text', 'json', 'yaml'] as const
export type PlanFormat = (typeof planFormats)[number]

/** A `require` that the plan does not meet. */
const brokenRequire = 'ARC5003'

/** What was planned: an experiment, or one of the variants of a sweep. */
export interface PlannedVariant {
  /** `undefined` if errors leave it unknown. */
  readonly name: string | undefined
  readonly file: string
  /** `undefined` after errors. */
  readonly plan: PlanDocument | undefined
  /** Everything that is reported about it. */
  readonly diagnostics: readonly JsonDiagnostic[]
}

/** One plan, as lines; as text there is nothing to show without a plan. */
export async function formatPlan(
  planned: PlannedVariant,
  format: PlanFormat,
  look: Look,
): Promise<readonly string[] | undefined> {
  const { plan, diagnostics } = planned
  if (format !== 'text') return formatDocument(documentOf(planned), format)
  const isRefused = diagnostics.some(({ code }) => code === brokenRequire)
  return plan && renderPlan(plan, look, isRefused)
}

/** The variants of a sweep as a table or a list, as lines. */
export async function formatVariants(
  variants: readonly PlannedVariant[],
  format: PlanFormat,
  look: Look,
): Promise<readonly string[]> {
  if (format !== 'text') return formatDocument(variants.map(documentOf), format)
  const rows = variants.map(({ name = '', plan, diagnostics }) => ({
    name,
    plan,
    errors: [...new Set(diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code))],
  }))
  return renderVariants(rows, look)
}

/** The plan and what was reported about it; without a plan only the latter. */
function documentOf({ name, file, plan, diagnostics }: PlannedVariant): object {
  return { ...(plan ?? { experiment: { name, file } }), diagnostics }
}

async function formatDocument(data: object, format: Exclude<PlanFormat, 'text'>): Promise<readonly string[]> {
  // Optional members are left out, in YAML as in JSON.
  const json = JSON.stringify(data, undefined, 2)
  if (format === 'json') return [json]
  const { yamlText } = await import('./yaml-text.ts')
  return [yamlText(JSON.parse(json))]
}
