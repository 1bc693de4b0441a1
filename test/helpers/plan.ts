/** Compiles and plans a text, on a machine without a profile. */
import { type Compilation, compileExperiment } from '../../compiler/driver.ts'
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { memoryHost } from './diagnose.ts'

export interface PlanOptions {
  readonly settings?: readonly string[]
  readonly experiment?: string
  readonly profile?: MachineProfile
}

export function compileText(text: string, options: PlanOptions = {}): Compilation {
  const overrides = (options.settings ?? []).map((setting) => ({ path: '--set', text: setting }))
  const entry = { path: 'test.arc', text }
  const host = { ...memoryHost(), machineProfile: () => options.profile }
  return compileExperiment({ entry, experiment: options.experiment, overrides }, host)
}

export function planText(text: string, options: PlanOptions = {}): Plan {
  const { plan, diagnostics } = compileText(text, options)
  const [first] = diagnostics
  return need(plan, `a plan: ${first?.code} ${first?.message}`)
}
