/** A plan's document in each of its forms. */
import type { PlanDocument } from '../compiler/plan/document.ts'
import type { Look } from './look.ts'
import type { PlanOptions } from './program.ts'
import { renderPlan } from './render-plan.ts'

/** The document in one of its forms, as lines. */
export async function formatPlan(
  plan: PlanDocument,
  format: PlanOptions['format'],
  look: Look,
): Promise<readonly string[]> {
  switch (format) {
    case 'text':
      return renderPlan(plan, look)
    case 'json':
      return [JSON.stringify(plan, undefined, 2)]
    case 'yaml': {
      const { yamlText } = await import('./yaml-text.ts')
      return [yamlText(plan)]
    }
  }
}
