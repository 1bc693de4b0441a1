/** The programs of a plan on an engine, and their initial state. */
import { stateDonation } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { Engine, Executable } from '../engine.ts'
import { DeviceState } from '../state/device-state.ts'

/** The compiled graphs of a plan that a run uses from step to step. */
export interface Programs {
  /** With the state donated. */
  readonly step: Executable
  readonly embed: Executable
}

/** Compiles the graphs of training and verification, or loads them at the same time. The caller owns the programs and disposes them. */
export async function compilePrograms(engine: Engine, plan: Plan): Promise<Programs> {
  const loading = [compileStep(engine, plan), engine.compile(plan.graphs.embed)] as const
  try {
    const [step, embed] = await Promise.all(loading)
    return { step, embed }
  } catch (error) {
    for (const program of await Promise.allSettled(loading)) if (program.status === 'fulfilled') program.value.dispose()
    throw error
  }
}

/** Compiles the step; each execution consumes the state and returns it in the same memory. */
export function compileStep(engine: Engine, plan: Plan): Promise<Executable> {
  return engine.compile(plan.graphs.step, { donate: stateDonation(plan.state) })
}

/** The state before the first step, computed by the compiled `init`. */
export async function initialState(engine: Engine, plan: Plan, init: Executable): Promise<DeviceState> {
  const { world } = engine
  return new DeviceState(plan, await init.run(Array.from({ length: world.local }, () => [])), 0, world)
}

/** The same, with a program that is compiled for this and then freed. */
export async function newState(engine: Engine, plan: Plan): Promise<DeviceState> {
  const init = await engine.compile(plan.graphs.init)
  try {
    return await initialState(engine, plan, init)
  } finally {
    init.dispose()
  }
}

export function disposePrograms(programs: Programs): void {
  for (const program of Object.values(programs)) program.dispose()
}
