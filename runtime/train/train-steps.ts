/**
 * The training steps, with two in flight: a step is started on the state of the previous one as soon as that one runs, so that the
 * devices always have work while the host reads metrics and fetches the next batch. PJRT preserves the order.
 */
import { type StepMetric, stepMetrics } from '../../compiler/ir/step-metrics.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { ImageShape } from '../data/image.ts'
import type { Batch } from '../data/loader/batches.ts'
import type { Engine, Executable, StartedRun } from '../engine.ts'
import type { DeviceState } from '../state/device-state.ts'
import { unwatched, type Watch } from '../watch.ts'
import { disposeBatch, type UploadedBatch, uploadAhead } from './upload-ahead.ts'

/** One running and one queued step: more would only use memory and delay interruptions. */
const stepsInFlight = 2

export interface TrainSteps {
  readonly engine: Engine
  /** The compiled step, the state donated. */
  readonly executable: Executable
  readonly state: DeviceState
  readonly batches: AsyncIterable<Batch>
  /** The images of the batches. */
  readonly image: ImageShape
  /**
   * Whether the caller needs the state after this number of steps: no other step is started until it has received that step and
   * requests the next one.
   */
  readonly pauseAfter?: (steps: number) => boolean
  /** Whether a step, from 1, may be started now; after `false`, no more are. Asked once its batch is on the devices. */
  readonly mayStart?: (step: number) => Promise<boolean>
  /** After an abort no more steps are started; those in flight are still returned. */
  readonly signal?: AbortSignal
  /** Watches what may hang; `what` names it. */
  readonly watch?: Watch
  /** Called when a started step has ended, also if it is never yielded; with `undefined` if it has failed. */
  readonly onEnd?: (outcome: StepOutcome | undefined) => void
}

/** A step that has ended. */
export interface StepOutcome {
  /** Completed steps, from 1. */
  readonly steps: number
  /** The metrics of this process's first device. */
  readonly metrics: Readonly<Record<StepMetric, number>>
  /** Seconds since the end of the previous step, or since the caller requested this one after a pause. */
  readonly seconds: number
  /** The part of these seconds in which no step ran because its batch was not ready. */
  readonly dataSeconds: number
}

/**
 * Trains on the batches and yields each step when it has ended, while the next one runs. Throws errors of a device after all steps
 * in flight have ended, and errors of the data and of starting a step after the preceding steps. The caller keeps ownership of the state.
 */
export async function* trainSteps(options: TrainSteps): AsyncGenerator<StepOutcome> {
  const { executable, state, signal, mayStart, pauseAfter = () => false, watch = unwatched, onEnd } = options
  const source = uploadAhead(options.engine, options.batches, options.image)
  /** The ends of started steps that have not been yielded, oldest first; they resolve in order. */
  const flights: Promise<StepOutcome>[] = []
  let waiting: Promise<UploadedBatch | undefined> | undefined
  let asked = performance.now()
  /** When the last step ended, or the loop resumed after a pause. */
  let idleSince = asked
  let running = 0
  let open = true
  let pausing = false
  /** Why no more steps are started; thrown when those in flight have been yielded, so that the caller knows which ones the state has. */
  let failure: { readonly error: unknown } | undefined
  const fail = (error: unknown) => {
    failure ??= { error }
    open = false
  }

  const launch = async (batch: UploadedBatch) => {
    const dataSeconds = running > 0 ? 0 : (performance.now() - Math.max(asked, idleSince)) / 1000
    state.leaveOutUntil(batch.step)
    const steps = batch.step + 1
    const run = await watch(`the start of step ${steps}`, () => state.step(executable, batch.inputs))
    running++
    const flight = ended(run, flights.at(-1), (work) => watch(`step ${steps}`, work)).then(({ at, metrics }) => {
      const seconds = (at - idleSince) / 1000
      idleSince = at
      running--
      return { steps, metrics, seconds, dataSeconds }
    })
    // It is awaited below; until then a failure must not count as unhandled.
    flight.then(onEnd, () => onEnd?.(undefined))
    flights.push(flight)
    pausing = pauseAfter(steps)
  }

  const launchIfAllowed = async (batch: UploadedBatch) => {
    if (mayStart === undefined || (await mayStart(batch.step + 1))) await launch(batch)
    else open = false
  }

  try {
    for (;;) {
      if (signal?.aborted === true) open = false
      if (open && !pausing && flights.length < stepsInFlight) {
        if (waiting === undefined) {
          asked = performance.now()
          waiting = watch('reading the pictures of a step', () => nextBatch(source))
        }
        const batch = waiting.catch((error: unknown) => {
          fail(error)
          return undefined
        })
        if ((await firstOf(batch, flights[0])) === 'batch') {
          waiting = undefined
          const uploaded = await batch
          if (uploaded === undefined) open = false
          else
            await launchIfAllowed(uploaded)
              .catch(fail)
              .finally(() => disposeBatch(uploaded))
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
    if (failure !== undefined) throw failure.error
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

/** Which of the two is ready first; the batch if both are. */
function firstOf(batch: Promise<unknown>, step: Promise<unknown> | undefined): Promise<'batch' | 'step'> {
  const ready = batch.then(() => 'batch' as const)
  return step === undefined ? ready : Promise.race([ready, step.then(() => 'step' as const)])
}

/** Waits for the end of a step after that of the previous one, because waits must not overlap. Frees its tensors. */
async function ended(
  run: StartedRun,
  before: Promise<unknown> | undefined,
  watch: <T>(work: () => Promise<T>) => Promise<T>,
) {
  try {
    await before?.catch(() => undefined)
    const { at, data } = await watch(async () => {
      await run.end()
      const end = performance.now()
      const { data: values } = await need(run.outputs[0]?.[0], 'metrics').read()
      return { at: end, data: values }
    })
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
