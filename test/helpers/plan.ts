/** Compiles and plans texts of experiments, in tests and benchmarks: without files, data or a profile where nothing is said. */
import { type Compilation, type CompileRequest, compileExperiment } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { memoryHost } from './diagnose.ts'

export interface CompileTextOptions extends Pick<CompileRequest, 'experiment' | 'place'> {
  /** Where the text lies; messages name it. */
  readonly path?: string
  /** Texts of `--set`. */
  readonly settings?: readonly string[]
  /** The world outside; a few things beside the standard library may be given by themselves. */
  readonly host?: Partial<Host>
}

/** For tests of what is reported; a test of the plan alone takes `planOf`. */
export function compileText(text: string, options: CompileTextOptions = {}): Compilation {
  const { path = 'test.arc', settings = [], host = {}, ...request } = options
  const overrides = settings.map((setting) => ({ path: '--set', text: setting }))
  return compileExperiment({ ...request, entry: { path, text }, overrides }, { ...memoryHost(), ...host })
}

/** Throws what is wrong with the text where it has no plan. */
export function planOf(text: string, options: CompileTextOptions = {}): Plan {
  const { plan, diagnostics } = compileText(text, options)
  return need(plan, `a plan: ${diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ')}`)
}
