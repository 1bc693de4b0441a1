/** Formats plans as text, JSON or YAML. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import type { JsonDiagnostic } from './diagnostic.ts'
import type { Look } from './look.ts'
import { renderPlan } from './plan.ts'
import { renderVariants } from './variants.ts'

export const planFormats = ['text', 'json', 'yaml'] as const
export type PlanFormat = (typeof planFormats)[number]

/** The entry of a variant without a plan in a list of plans. */
interface FailedPlan {
  readonly experiment: { readonly name: string; readonly file: string }
  /** At least one error. */
  readonly diagnostics: readonly JsonDiagnostic[]
}

/** One of several variants; one without a plan has only its diagnostics. */
export interface PlannedVariant {
  readonly name: string
  readonly file: string
  readonly plan: PlanDocument | undefined
  readonly diagnostics: readonly JsonDiagnostic[]
}

/** One plan, as lines; `isRefused` if a `require` is not met. */
export function formatPlan(
  plan: PlanDocument,
  format: PlanFormat,
  look: Look,
  isRefused = false,
): Promise<readonly string[]> {
  return formatted(plan, format, () => renderPlan(plan, look, isRefused))
}

/** The variants of a sweep as a table or a list, as lines. */
export function formatVariants(
  variants: readonly PlannedVariant[],
  format: PlanFormat,
  look: Look,
): Promise<readonly string[]> {
  const list = variants.map(
    ({ name, file, plan, diagnostics }): PlanDocument | FailedPlan =>
      plan ?? { experiment: { name, file }, diagnostics },
  )
  const rows = variants.map(({ name, plan, diagnostics }) => ({
    name,
    plan,
    errors: [...new Set(diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code))],
  }))
  return formatted(list, format, () => renderVariants(rows, look))
}

async function formatted(data: object, format: PlanFormat, text: () => readonly string[]): Promise<readonly string[]> {
  switch (format) {
    case 'text':
      return text()
    case 'json':
      return [JSON.stringify(data, undefined, 2)]
    case 'yaml': {
      const { yamlText } = await import('./yaml-text.ts')
      return [yamlText(data)]
    }
  }
}
