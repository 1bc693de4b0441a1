/**
 * The steps of training, two of them in flight: a step is started with the state of the one before as soon as that one runs, so that
 * the devices always have work while the host reads metrics and gets the next batch. PJRT keeps the order.
 */
import { type StepMetric, stepMetrics } from '../../compiler/ir/step-metrics.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Batch } from '../data/batches.ts'
import type { Engine, Executable, StartedRun } from '../engine.ts'
import type { DeviceState } from './device-state.ts'
import { disposeBatch, type UploadedBatch, uploadAhead } from './upload-ahead.ts'

/** One that runs and one that waits for it: more would only take memory, and make an interruption slow. */
const stepsInFlight = 2

export interface TrainSteps {
  readonly engine: Engine
  /** The compiled step, the state donated. */
  readonly executable: Executable
  readonly state: DeviceState
  readonly batches: AsyncIterable<Batch>
  /**
   * Whether the caller wants the state after so many steps: no other step is started before it has been handed that step and asks
   * for the next one.
   */
  readonly pauseAfter?: (steps: number) => boolean
  /** Once aborted, no step is started; those in flight are handed out. */
  readonly signal?: AbortSignal
}

/** A step that has ended. */
export interface StepOutcome {
  /** Steps done, from 1. */
  readonly steps: number
  /** Those of this process's first device. */
  readonly metrics: Readonly<Record<StepMetric, number>>
  /** Seconds since the step before had ended, or since the caller asked for this one after a pause. */
  readonly seconds: number
  /** Of them, those in which no step ran because its batch was not there yet. */
  readonly dataSeconds: number
}

/**
 * Trains on the batches and hands out each step when it has ended, while the next one runs. Throws what a device or the data
 * refuses: of a device, once nothing is in flight any more; of the data, after the steps before. The state stays the caller's.
 */
export async function* trainSteps(options: TrainSteps): AsyncGenerator<StepOutcome> {
  const { executable, state, signal, pauseAfter = () => false } = options
  const source = uploadAhead(options.engine, options.batches)
  /** Ends of the steps that have been started and not been handed out, oldest first; they come in order. */
  const flights: Promise<StepOutcome>[] = []
  let waiting: Promise<UploadedBatch | undefined> | undefined
  let asked = performance.now()
  /** When a step last ended, or the loop went on after a pause. */
  let idleSince = asked
  let running = 0
  let open = true
  let pausing = false
  let dataFailure: { readonly error: unknown } | undefined

  const launch = async (batch: UploadedBatch) => {
    const dataSeconds = running > 0 ? 0 : (performance.now() - Math.max(asked, idleSince)) / 1000
    const run = await state.step(executable, batch.inputs)
    running++
    const steps = batch.step + 1
    const flight = ended(run, flights.at(-1)).then(({ at, metrics }) => {
      const seconds = (at - idleSince) / 1000
      idleSince = at
      running--
      return { steps, metrics, seconds, dataSeconds }
    })
    // It is waited for below; until then a failure must not count as unhandled.
    flight.catch(() => undefined)
    flights.push(flight)
    pausing = pauseAfter(steps)
  }

  try {
    for (;;) {
      if (signal?.aborted === true) open = false
      if (open && !pausing && flights.length < stepsInFlight) {
        if (waiting === undefined) {
          asked = performance.now()
          waiting = nextBatch(source)
        }
        const batch = waiting.catch((error: unknown) => {
          dataFailure ??= { error }
          return undefined
        })
        if ((await firstOf(batch, flights[0])) === 'batch') {
          waiting = undefined
          const uploaded = await batch
          if (uploaded === undefined) open = false
          else await launch(uploaded).finally(() => disposeBatch(uploaded))
          continue
        }
      }
      const flight = flights.shift()
      if (flight !== undefined) yield await flight
      else if (pausing) {
        pausing = false
        idleSince = performance.now()
      } else break
    }
    if (dataFailure !== undefined) throw dataFailure.error
  } finally {
    await Promise.allSettled(flights)
    const unused = await waiting?.catch(() => undefined)
    if (unused !== undefined) disposeBatch(unused)
    await source.return(undefined)
  }
}

async function nextBatch(source: AsyncGenerator<UploadedBatch>): Promise<UploadedBatch | undefined> {
  const { done, value } = await source.next()
  return done === true ? undefined : value
}

/** Which of the two is there first; the batch where both are. */
function firstOf(batch: Promise<unknown>, step: Promise<unknown> | undefined): Promise<'batch' | 'step'> {
  const ready = batch.then(() => 'batch' as const)
  return step === undefined ? ready : Promise.race([ready, step.then(() => 'step' as const)])
}

/** Waits for a step's end, after that of the one before: one wait at a time. Its tensors are freed. */
async function ended(run: StartedRun, before: Promise<unknown> | undefined) {
  try {
    await before?.catch(() => undefined)
    await run.end()
    const at = performance.now()
    const { data } = await need(run.outputs[0]?.[0], 'metrics').read()
    const value = (name: StepMetric) => need(data[stepMetrics.indexOf(name)], name)
    const metrics: StepOutcome['metrics'] = {
      loss: value('loss'),
      gradient_norm: value('gradient_norm'),
      rate: value('rate'),
      loss_scale: value('loss_scale'),
      skipped: value('skipped'),
    }
    return { at, metrics }
  } finally {
    for (const tensor of run.outputs.flat()) tensor.dispose()
  }
}
