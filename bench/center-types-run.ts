/**
 * Trains a small network on made-up people with given storage types of centers and momentum, and reports how well it learned: the
 * effect of rounding on a run, compared with that of another seed.
 *
 * Legend: N images of a step.
 */
import { byteSize, elementCount } from '../compiler/ir/dtype.ts'
import { mixWord } from '../compiler/step/random.ts'
import { need } from '../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../runtime/engine.ts'
import { metricOf, runOf } from '../test/helpers/run.ts'

export interface CenterTypes {
  readonly weights: 'f32' | 'bf16'
  readonly state: 'f32' | 'bf16' | 'int8'
}

export interface CenterRun extends CenterTypes {
  readonly seed: number
  readonly steps: number
  readonly classes: number
  /** Pixels of an image's height and width, a multiple of seven. */
  readonly side: number
}

const N = 64
/** Images are a coarse pattern with this number of squares per side, drawn per person, plus noise. */
const SQUARES = 7

function centersText(run: CenterRun): string {
  return `
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

backbone linear_embedding() on Image(${run.side}, ${run.side}, 3) -> Vector(64) {
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
}

/** Bytes in [0, 256) for a position with a key. */
const byteAt = (key: number, position: number) => mixWord(key ^ Math.imul(position + 1, 0x9e3779b9)) >>> 24

/** Images u8 [N,side,side,3], labels i32 [N], no image mirrored, and the step. */
function batchOf(run: CenterRun, step: number): HostTensor[] {
  const { side } = run
  const pixels = side * side * 3
  const width = side / SQUARES
  const images = new Uint8Array(N * pixels)
  const labels = new Int32Array(N)
  for (let n = 0; n < N; n++) {
    const key = mixWord(mixWord(run.seed) ^ (step * N + n))
    const label = key % run.classes
    labels[n] = label
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let c = 0; c < 3; c++) {
          const square = (Math.floor(y / width) * SQUARES + Math.floor(x / width)) * 3 + c
          const at = (y * side + x) * 3 + c
          // Noise in squares too, so that it does not average out.
          const noise = byteAt(key, square) + (byteAt(key, at + 1000) >> 2)
          images[n * pixels + at] = (byteAt(mixWord(label + 77), square) * 0.3 + noise * 0.5) & 0xff
        }
  }
  return [
    { dtype: 'u8', shape: [N, side, side, 3], data: images },
    { dtype: 'i32', shape: [N], data: labels },
    { dtype: 'u8', shape: [N], data: new Uint8Array(N) },
    { dtype: 'i32', shape: [], data: Int32Array.of(step) },
  ]
}

export interface CenterResult {
  /** Mean over the last tenth of the steps. */
  readonly loss: number
  /** Of centers and their state, per element of the centers. */
  readonly bytesPerWeight: number
}

export async function runCenters(engine: Engine, run: CenterRun): Promise<CenterResult> {
  const { steps } = run
  const done = await runOf(centersText(run), { engine, steps, batch: (_, step) => [batchOf(run, step)] })
  const last = metricOf(done, 'loss').slice(-Math.ceil(steps / 10))
  const tables = done.plan.state.filter((spec) => spec.role === 'centers' || spec.role === 'centers_optimizer')
  const centers = need(
    tables.find((spec) => spec.role === 'centers'),
    'the centers',
  )
  return {
    loss: last.reduce((sum, loss) => sum + loss, 0) / last.length,
    bytesPerWeight: tables.reduce((sum, spec) => sum + byteSize(spec), 0) / elementCount(centers.shape),
  }
}
