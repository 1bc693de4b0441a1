/**
 * Times the training step of a plan with the same batch again and again: what a run takes where data is never waited for. The programs
 * and the state are those of a run, and the loop is the run's own.
 *
 * Legend: b images of one device.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import type { Batch } from '../../runtime/data/batches.ts'
import { FACE_BYTES } from '../../runtime/data/image.ts'
import { middle } from '../../runtime/measure/time-graphs.ts'
import { DeviceState } from '../../runtime/train/device-state.ts'
import { runStep } from '../../runtime/train/run-step.ts'
import type { XlaEngine } from '../../runtime/xla/engine.ts'

/** Steps before the first that counts: the first loads and tunes what is left to tune. */
const WARM_UP = 5

/** Times in seconds. */
export interface StepTimes {
  readonly compile: number
  /** The first step, with what the device does once. */
  readonly first: number
  /** The middle one of the steps, each awaited. */
  readonly synced: number
  /** Bytes of the step's program by the compiler's own account. */
  readonly memory: number | undefined
  /** Losses of the first and of the last step. */
  readonly losses: readonly [number, number]
}

/** Noise for pictures; labels that spread over all classes. */
function batchOf({ run, replicas }: Plan, step: number): Batch {
  const images = new Uint8Array(run.batchPerDevice * FACE_BYTES).map((_, i) => (i * 2654435761) >>> 24)
  const labels = Int32Array.from({ length: run.batchPerDevice }, (_, i) => (i * 7919) % run.classes)
  const flip = new Uint8Array(run.batchPerDevice)
  return { step, epoch: 0, replicas: Array.from({ length: replicas }, () => ({ images, labels, flip })) }
}

export async function timeSteps(engine: XlaEngine, plan: Plan, steps: number): Promise<StepTimes> {
  const init = await engine.compile(plan.graphs.init)
  const compiling = performance.now()
  const step = await engine.compile(plan.graphs.step, { donate: new Map(plan.state.map((_, i) => [i, i])) })
  const compile = (performance.now() - compiling) / 1000
  const state = new DeviceState(plan, await init.run(Array.from({ length: plan.replicas }, () => [])))
  const batch = batchOf(plan, 0)
  const times: number[] = []
  const losses: number[] = []
  for (let i = 0; i < WARM_UP + steps; i++) {
    const start = performance.now()
    const { loss } = await runStep(engine, step, state, { ...batch, step: i })
    times.push((performance.now() - start) / 1000)
    losses.push(loss)
  }
  const { memory } = step
  state.dispose()
  step.dispose()
  init.dispose()
  return {
    compile,
    first: times[0] ?? Number.NaN,
    synced: middle(times.slice(WARM_UP)),
    memory: memory && memory.arguments + memory.outputs - memory.alias + memory.temporaries,
    losses: [losses[0] ?? Number.NaN, losses.at(-1) ?? Number.NaN],
  }
}
