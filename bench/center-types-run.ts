/**
 * Trains a small network on made-up people with given storage types of centers and momentum, and reports how well it learned: the
 * effect of rounding on a run, compared with that of another seed.
 *
 * Legend: N images of a step.
 */
import { compileExperiment } from '../compiler/driver.ts'
import type { Host } from '../compiler/host/host.ts'
import { byteSize, elementCount } from '../compiler/ir/dtype.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { mixWord } from '../compiler/step/random.ts'
import { bug, need } from '../grammar/diagnostic.ts'
import type { Batch } from '../runtime/data/batches.ts'
import { FACE_SIZE } from '../runtime/data/image.ts'
import type { Engine } from '../runtime/engine.ts'
import { compileStep, initialState } from '../runtime/train/programs.ts'
import { trainSteps } from '../runtime/train/train-steps.ts'

export interface CenterTypes {
  readonly weights: 'f32' | 'bf16'
  readonly state: 'f32' | 'bf16' | 'int8'
}

export interface CenterRun extends CenterTypes {
  readonly seed: number
  readonly steps: number
  readonly classes: number
}

const N = 64
/** Images are a coarse pattern with this number of squares per side, drawn per person, plus noise. */
const SQUARES = 7

function centersPlan(run: CenterRun, host: Host): Plan {
  const text = `
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

backbone linear_embedding() on Image(${FACE_SIZE}, ${FACE_SIZE}, 3) -> Vector(64) {
  input |> flatten |> linear(64) as fc |> batch_norm(scaled: false) as features
}

experiment centers {
  dataset  = synthetic(identities: ${run.classes}, per_identity: 20)
  backbone = linear_embedding()
  margin   = cosface(m: 0.2, scale: 32)
  machine  = cpu(devices: 1)
  centers { sample_rate = 30%, weights = ${run.weights}, state = ${run.state} }
  train {
    batch     = ${N} per device
    steps     = ${run.steps}
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1)
    clip      = 5
    seed      = ${run.seed}
  }
}`
  const { plan, diagnostics } = compileExperiment({ entry: { path: 'centers.arc', text } }, host)
  return plan ?? bug(diagnostics.map((d) => `${d.code} ${d.message}`).join('; '))
}

/** Bytes in [0, 256) for a position with a key. */
const byteAt = (key: number, position: number) => mixWord(key ^ Math.imul(position + 1, 0x9e3779b9)) >>> 24

function batchOf(run: CenterRun, step: number): Batch {
  const pixels = FACE_SIZE * FACE_SIZE * 3
  const side = FACE_SIZE / SQUARES
  const images = new Uint8Array(N * pixels)
  const labels = new Int32Array(N)
  for (let n = 0; n < N; n++) {
    const key = mixWord(mixWord(run.seed) ^ (step * N + n))
    const label = key % run.classes
    labels[n] = label
    for (let y = 0; y < FACE_SIZE; y++)
      for (let x = 0; x < FACE_SIZE; x++)
        for (let c = 0; c < 3; c++) {
          const square = (Math.floor(y / side) * SQUARES + Math.floor(x / side)) * 3 + c
          const at = (y * FACE_SIZE + x) * 3 + c
          // Noise is in squares too, so that it does not average out.
          const noise = byteAt(key, square) + (byteAt(key, at + 1000) >> 2)
          images[n * pixels + at] = (byteAt(mixWord(label + 77), square) * 0.3 + noise * 0.5) & 0xff
        }
  }
  return { step, epoch: 0, replicas: [{ images, labels, flip: new Uint8Array(N) }] }
}

export interface CenterResult {
  /** Mean over the last tenth of the steps. */
  readonly loss: number
  /** Of centers and their state, per element of the centers. */
  readonly bytesPerWeight: number
}

export async function runCenters(engine: Engine, run: CenterRun, host: Host): Promise<CenterResult> {
  const plan = centersPlan(run, host)
  const init = await engine.compile(plan.graphs.init)
  const step = await compileStep(engine, plan)
  const state = await initialState(engine, plan, init)
  const losses: number[] = []
  async function* batches() {
    for (let index = 0; index < run.steps; index++) yield batchOf(run, index)
  }
  for await (const { metrics } of trainSteps({ engine, executable: step, state, batches: batches() }))
    losses.push(metrics.loss)
  state.dispose()
  init.dispose()
  step.dispose()
  const last = losses.slice(-Math.ceil(run.steps / 10))
  const tables = plan.state.filter((spec) => spec.role === 'centers' || spec.role === 'centers_optimizer')
  const centers = need(
    tables.find((spec) => spec.role === 'centers'),
    'the centers',
  )
  return {
    loss: last.reduce((sum, loss) => sum + loss, 0) / last.length,
    bytesPerWeight: tables.reduce((sum, spec) => sum + byteSize(spec), 0) / elementCount(centers.shape),
  }
}
