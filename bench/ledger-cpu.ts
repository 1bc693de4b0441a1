/** XLA's own figure for the memory of a step on this computer's CPU, with arcc's own kernels or without. */
import { compileExperiment } from '../compiler/driver.ts'
import type { Host } from '../compiler/host/host.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { programBytes } from '../runtime/engine.ts'
import { compileStep } from '../runtime/train/programs.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { cpuBatches, cpuExperiment, cpuNetworks, cpuPrecisions } from './cpu-networks.ts'

/** The plans of the networks of arcface_torch on this computer's CPU, in f32 and bf16. */
export function networkPlans(host: Host): Plan[] {
  return cpuNetworks.flatMap((network) =>
    cpuBatches.flatMap((batch) =>
      cpuPrecisions.map((precision) => {
        const entry = cpuExperiment(network, batch, precision)
        return need(compileExperiment({ entry }, host).plan, `${network} at batch ${batch} in ${precision}`)
      }),
    ),
  )
}

export interface CpuMemory {
  /** `XLA CPU (PJRT 0.115) with oneDNN, 1 device` */
  readonly engine: string
  /** Bytes on one device. */
  readonly peak: number
}

/** Compiles the step; throws the engine's errors. */
export async function cpuMemory(plan: Plan, native: boolean): Promise<CpuMemory> {
  const engine = await createXlaEngine({ world: oneProcess(plan.replicas), native })
  try {
    const step = await compileStep(engine, plan)
    const peak = programBytes(need(step.memory, 'the memory of a step'))
    step.dispose()
    return { engine: engine.description, peak }
  } finally {
    engine.dispose()
  }
}
