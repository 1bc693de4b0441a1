/**
 * Times the training step of a plan with the same batch repeated: the speed of a run that never waits for data. The programs and
 * the state are those of a run.
 *
 * Legend: b images of one device.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { ImageShape } from '../../runtime/data/image.ts'
import type { Batch } from '../../runtime/data/loader/batches.ts'
import { type Engine, type Executable, programBytes, type StartedRun } from '../../runtime/engine.ts'
import { middle } from '../../runtime/measure/time-graphs.ts'
import type { DeviceState } from '../../runtime/state/device-state.ts'
import { compileStep, initialState } from '../../runtime/train/programs.ts'
import { trainSteps } from '../../runtime/train/train-steps.ts'
import { disposeBatch, type UploadedBatch, uploadAhead } from '../../runtime/train/upload-ahead.ts'
import { noiseBatch } from '../noise-batch.ts'

/** Warm-up steps: the first one loads and tunes what is left to tune. */
const WARM_UP = 5

/** Times in seconds. */
export interface StepTimes {
  readonly compile: number
  /** The first step, including the device's one-time work. */
  readonly first: number
  /** The median step in the run's own loop. */
  readonly loop: number
  /** The median step with a wait after each, its batch uploaded before. */
  readonly synced: number
  /** The mean of steps with two in flight, the batch on the device: a lower bound for every loop. */
  readonly resident: number
  /** Bytes of the step's program according to the compiler. */
  readonly memory: number | undefined
  /** Losses of the first and last step of the loop. */
  readonly losses: readonly [number, number]
}

interface Timed {
  readonly engine: Engine
  readonly program: Executable
  readonly state: DeviceState
  readonly plan: Plan
}

const seconds = (since: number) => (performance.now() - since) / 1000

/** The run's own loop. */
async function timeLoop({ engine, program, state, plan }: Timed, steps: number) {
  const batch = noiseBatch(plan)
  async function* batches() {
    for (let step = 0; step < WARM_UP + steps; step++) yield { ...batch, step }
  }
  const times: number[] = []
  const losses: number[] = []
  for await (const done of trainSteps({
    engine,
    executable: program,
    state,
    batches: batches(),
    image: plan.run.image,
  })) {
    times.push(done.seconds)
    losses.push(done.metrics.loss)
  }
  return { times, losses }
}

async function uploaded(engine: Engine, batch: Batch, image: ImageShape): Promise<UploadedBatch> {
  async function* one() {
    yield batch
  }
  const source = uploadAhead(engine, one(), image)
  const { value } = await source.next()
  await source.return(undefined)
  return need<UploadedBatch>(value, 'the batch on the device')
}

async function finish(run: StartedRun): Promise<void> {
  await run.end()
  for (const tensor of run.outputs.flat()) tensor.dispose()
}

async function timeSynced({ engine, program, state, plan }: Timed, steps: number): Promise<number> {
  const batch = noiseBatch(plan)
  const times: number[] = []
  for (let step = 0; step < steps; step++) {
    const start = performance.now()
    const own = await uploaded(engine, { ...batch, step }, plan.run.image)
    await finish(await state.step(program, own.inputs))
    disposeBatch(own)
    times.push(seconds(start))
  }
  return middle(times)
}

async function timeResident({ engine, program, state, plan }: Timed, steps: number): Promise<number> {
  const batch = await uploaded(engine, noiseBatch(plan), plan.run.image)
  const flights: StartedRun[] = []
  const start = performance.now()
  for (let step = 0; step < steps; step++) {
    flights.push(await state.step(program, batch.inputs))
    const oldest = flights.length < 2 ? undefined : flights.shift()
    if (oldest !== undefined) await finish(oldest)
  }
  for (const run of flights) await finish(run)
  disposeBatch(batch)
  return seconds(start) / steps
}

export async function timeSteps(engine: Engine, plan: Plan, steps: number): Promise<StepTimes> {
  const init = await engine.compile(plan.graphs.init)
  const start = performance.now()
  const program = await compileStep(engine, plan)
  const compile = seconds(start)
  const state = await initialState(engine, plan, init)
  const timed = { engine, program, state, plan }
  const { times, losses } = await timeLoop(timed, steps)
  const synced = await timeSynced(timed, steps)
  const resident = await timeResident(timed, steps)
  const { memory } = program
  state.dispose()
  program.dispose()
  init.dispose()
  return {
    compile,
    first: times[0] ?? Number.NaN,
    loop: middle(times.slice(WARM_UP)),
    synced,
    resident,
    memory: memory && programBytes(memory),
    losses: [losses[0] ?? Number.NaN, losses.at(-1) ?? Number.NaN],
  }
}
