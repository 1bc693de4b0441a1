/** Plans in each of their forms. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import type { Look } from './look.ts'
import { renderPlan } from './plan.ts'
import { renderVariants } from './variants.ts'

export const planFormats = ['text', 'json', 'yaml'] as const
export type PlanFormat = (typeof planFormats)[number]

/** One plan, as lines. */
export function formatPlan(plan: PlanDocument, format: PlanFormat, look: Look): Promise<readonly string[]> {
  return formatted(plan, format, () => renderPlan(plan, look))
}

/** One plan as it is, the variants of a sweep as a table or a list, as lines. */
export async function formatPlans(
  plans: readonly PlanDocument[],
  format: PlanFormat,
  look: Look,
): Promise<readonly string[]> {
  const [first, second] = plans
  if (first !== undefined && second === undefined) return formatPlan(first, format, look)
  return formatted(plans, format, () => renderVariants(plans, look))
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
