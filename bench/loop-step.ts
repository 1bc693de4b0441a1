/** The child process of `bench:loop`: trains an IResNet-100 four channels wide and measures the host's work during a step. */
import { readFileSync } from 'node:fs'
import type { Plan } from '../compiler/plan/plan.ts'
import type { Batch } from '../runtime/data/batches.ts'
import { imageBytes } from '../runtime/data/image.ts'
import { middle } from '../runtime/measure/time-graphs.ts'
import { compileStep, initialState } from '../runtime/train/programs.ts'
import { trainSteps } from '../runtime/train/train-steps.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { PjrtBuffer } from '../runtime/xla/pjrt/buffer.ts'
import { PjrtLibrary } from '../runtime/xla/pjrt/library.ts'
import { planOf } from '../test/helpers/plan.ts'

/** Measured steps, after some that warm up the just-in-time compiler. */
const warmup = 12
const steps = 24

/** Milliseconds of one step. */
export interface LoopFigures {
  /** From the end of the previous step. */
  readonly step: number
  /**
   * Time in which the event loop was busy, and the part of it in which the main thread had a core; NaN if the system does not
   * report it.
   */
  readonly javascript: number
  readonly javascriptCpu: number
  /** The plugin's Execute, on its thread. */
  readonly execute: number
  /** From the call until the batch is on all devices, and until the metrics are available. */
  readonly uploads: number
  readonly metrics: number
}

export interface LoopMeasurement {
  readonly devices: number
  readonly inputs: number
  readonly middle: LoopFigures
  readonly least: LoopFigures
}

function narrowPlan(devices: number): Plan {
  const text = `
use std.backbones: iresnet
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

experiment narrow_r100 {
  dataset  = synthetic(identities: 64, per_identity: 20)
  backbone = iresnet(depths: [3, 13, 30, 3], channels: [4, 4, 4, 4], stem: 4, embedding: 8)
  margin   = cosface(m: 0.4)
  machine  = cpu(devices: ${devices})
  train {
    batch     = 2 per device
    steps     = ${warmup + steps}
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    clip      = 5
  }
}
`
  return planOf(text, { path: 'bench/narrow-r100.arc' })
}

/** Milliseconds of the main thread's CPU time, as counted by Linux. */
function mainThreadCpu(): number {
  if (process.platform !== 'linux') return Number.NaN
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
}

/** Adds up the duration of calls of a method, from the call until its promise is settled. */
function clock<T extends object>(prototype: T, method: keyof T, counts: (argument: unknown) => boolean) {
  const plain = prototype[method] as (...args: unknown[]) => Promise<unknown>
  const total = { milliseconds: 0 }
  prototype[method] = async function (this: unknown, ...args: unknown[]) {
    const start = performance.now()
    try {
      return await plain.apply(this, args)
    } finally {
      if (counts(args[0])) total.milliseconds += performance.now() - start
    }
  } as T[keyof T]
  return total
}

export async function measureLoop(devices: number): Promise<LoopMeasurement> {
  const plan = narrowPlan(devices)
  const execute = clock(PjrtLibrary.prototype, 'callAsync', (method) => method === 'PJRT_LoadedExecutable_Execute')
  const metrics = clock(PjrtBuffer.prototype, 'read', () => true)
  const engine = await createXlaEngine({ world: oneProcess(devices) })
  const init = await engine.compile(plan.graphs.init)
  const step = await compileStep(engine, plan)
  const state = await initialState(engine, plan, init)
  const uploads = clock(engine, 'uploadAll', () => true)

  const b = plan.run.batchPerDevice
  const images = new Uint8Array(b * imageBytes(plan.run.image)).map((_, i) => (i * 2654435761) >>> 24)
  const labels = Int32Array.from({ length: b }, (_, i) => i % plan.run.classes)
  const replicas = Array.from({ length: devices }, () => ({ images, labels, flip: new Uint8Array(b) }))
  const rows: LoopFigures[] = []
  const mark = () => ({
    at: performance.now(),
    loop: performance.eventLoopUtilization(),
    cpu: mainThreadCpu(),
    execute: execute.milliseconds,
    uploads: uploads.milliseconds,
    metrics: metrics.milliseconds,
  })
  async function* batches(): AsyncGenerator<Batch> {
    for (let index = 0; index < warmup + steps; index++) yield { step: index, epoch: 0, replicas }
  }
  let before = mark()
  const { image } = plan.run
  for await (const done of trainSteps({ engine, executable: step, state, batches: batches(), image })) {
    const after = mark()
    if (done.steps > warmup)
      rows.push({
        step: after.at - before.at,
        javascript: performance.eventLoopUtilization(after.loop, before.loop).active,
        javascriptCpu: after.cpu - before.cpu,
        execute: after.execute - before.execute,
        uploads: after.uploads - before.uploads,
        metrics: after.metrics - before.metrics,
      })
    before = after
  }
  state.dispose()
  engine.dispose()
  const over = (pick: (values: readonly number[]) => number): LoopFigures => {
    const of = (name: keyof LoopFigures) => pick(rows.map((row) => row[name]))
    return {
      step: of('step'),
      javascript: of('javascript'),
      javascriptCpu: of('javascriptCpu'),
      execute: of('execute'),
      uploads: of('uploads'),
      metrics: of('metrics'),
    }
  }
  return {
    devices,
    inputs: plan.graphs.step.inputs.length,
    middle: over(middle),
    least: over((values) => Math.min(...values)),
  }
}
