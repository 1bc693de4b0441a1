/** Measures training steps on an engine: XLA, or TensorFlow.js with one of its backends. Call it in a process of its own. */
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { imageBytes } from '../runtime/data/image.ts'
import type { Batch } from '../runtime/data/loader/batches.ts'
import type { Engine } from '../runtime/engine.ts'
import { middle } from '../runtime/measure/time-graphs.ts'
import type { BackendName } from '../runtime/tfjs/backend.ts'
import { createTfjsEngine } from '../runtime/tfjs/engine.ts'
import { compileStep, initialState } from '../runtime/train/programs.ts'
import { trainSteps } from '../runtime/train/train-steps.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'

export type MeasuredEngine = 'xla' | BackendName

export interface EngineStep {
  /** The engine's description of itself. */
  readonly description: string
  /** Medians over the measured steps, in seconds: of the clock, and of all processors together. */
  readonly seconds: number
  readonly cpuSeconds: number
  /** The process's largest resident memory, in bytes. */
  readonly peak: number
}

interface Measured {
  /** Steps before the measured ones, the least number of measured ones, and how long more of them are taken, in seconds. */
  readonly warmup: number
  readonly fewest: number
  readonly seconds: number
}

/** The step of a plan on pictures of noise. Throws the errors of the engine. */
export async function measureEngineStep(
  plan: Plan,
  name: MeasuredEngine,
  { warmup, fewest, seconds }: Measured = { warmup: 2, fewest: 5, seconds: 3 },
): Promise<EngineStep> {
  const world = oneProcess(plan.replicas)
  const engine: Engine =
    name === 'xla' ? await createXlaEngine({ world }) : await createTfjsEngine({ world, backend: name })
  try {
    const init = await engine.compile(plan.graphs.init)
    const executable = await compileStep(engine, plan)
    const state = await initialState(engine, plan, init)
    const began = performance.now()
    async function* batches() {
      for (let i = 0; i < warmup + fewest || performance.now() - began < seconds * 1000; i++) yield batchOf(plan, i)
    }
    const times: number[] = []
    const cpu: number[] = []
    let used = process.cpuUsage()
    const { image } = plan.run
    for await (const done of trainSteps({ engine, executable, state, batches: batches(), image })) {
      const { user, system } = process.cpuUsage(used)
      used = process.cpuUsage()
      if (done.steps <= warmup) continue
      times.push(done.seconds)
      cpu.push((user + system) / 1e6)
    }
    state.dispose()
    need(times[0], 'a measured step')
    const peak = process.resourceUsage().maxRSS * 1024
    return { description: engine.description, seconds: middle(times), cpuSeconds: middle(cpu), peak }
  } finally {
    engine.dispose()
  }
}

function batchOf({ run, replicas }: Plan, step: number): Batch {
  const images = new Uint8Array(run.batchPerDevice * imageBytes(run.image)).map((_, i) => (i * 2654435761) >>> 24)
  const labels = Int32Array.from({ length: run.batchPerDevice }, (_, i) => i % run.classes)
  const flip = new Uint8Array(run.batchPerDevice)
  return { step, epoch: 0, replicas: Array.from({ length: replicas }, () => ({ images, labels, flip })) }
}
