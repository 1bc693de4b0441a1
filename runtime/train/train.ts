/**
 * Runs a plan: data, engine, initial state, steps, verification before and after, weights at the end. Everything that people see
 * of it goes out as events.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import type { DeviceRequest } from '../backend/backend.ts'
import { batches } from '../data/batches.ts'
import { createSampler } from '../data/sampler.ts'
import type { Donation, Engine, EngineMemory, EngineName, Executable } from '../engine.ts'
import { verifyPairs } from '../evaluate/embed-pairs.ts'
import type { RunEvent, StartEvent } from '../events.ts'
import { oneProcess } from '../world.ts'
import { createEngine } from './create-engine.ts'
import { DeviceState } from './device-state.ts'
import { trainErrors } from './messages.ts'
import { openData, type RunData } from './open-data.ts'
import { createProgressMeter } from './progress.ts'
import { createRunFolder, type RunFolder } from './run-folder.ts'
import { createWeightSaver } from './save-weights.ts'
import { type StepOutcome, trainSteps } from './train-steps.ts'

export interface TrainOptions {
  readonly engine: EngineName
  /** What it runs on; virtual devices of this computer where nothing is said. */
  readonly devices?: DeviceRequest
  /** What the run tells of the machine at its start. */
  readonly machine?: Pick<StartEvent, 'emulates' | 'note'>
  /** Made for this run; an error where it already holds something. */
  readonly folder: string
  /** Texts to keep in the folder, by file name: the experiment's source and what it resolved to. */
  readonly texts?: ReadonlyMap<string, string>
  readonly onEvent: (event: RunEvent) => void
  /** Stops after the steps in flight; weights are saved all the same. */
  readonly signal: AbortSignal
}

/** Seconds between two progress events. */
const PROGRESS_SECONDS = 0.5

/** Trains. Throws `ArccError` for what data, device and disk refuse, and for training that diverges. */
export async function train(plan: Plan, options: TrainOptions): Promise<void> {
  const folder = await createRunFolder(options.folder, plan, options.texts ?? new Map())
  const emit = (event: RunEvent) => {
    folder.log(event)
    options.onEvent(event)
  }
  try {
    const data = await phase(emit, 'load data', () => openData(plan.run))
    if (data.absent.length > 0) {
      const message = `no verification on ${data.absent.join(', ')}: they lie in a data set's folder, which \`${plan.run.dataset.name}\` has not`
      emit({ type: 'warning', message })
    }
    try {
      const engine = await createEngine(options.engine, oneProcess(plan.replicas), emit, options.devices)
      try {
        await trainOn(engine, plan, data, folder, { ...options, onEvent: emit })
      } finally {
        engine.dispose()
      }
    } finally {
      data.dispose()
    }
  } finally {
    await folder.close()
  }
}

/** What the compiled step takes, where nobody measures what is in use. */
function compiledMemory({ arguments: inputs, outputs, alias, temporaries }: EngineMemory): number {
  return inputs + outputs - alias + temporaries
}

type Emit = (event: RunEvent) => void

async function phase<T>(
  emit: Emit,
  name: Extract<RunEvent, { type: 'phase' }>['name'],
  body: () => Promise<T>,
): Promise<T> {
  emit({ type: 'phase', name })
  const start = performance.now()
  const result = await body()
  emit({ type: 'phase', name, seconds: secondsSince(start) })
  return result
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000
}

/** Output i of a step takes the memory of input i: the state stays in place. */
function stateDonation(plan: Plan): Donation {
  return new Map(plan.state.map((_, index) => [index, index]))
}

interface Compiled {
  readonly init: Executable
  readonly step: Executable
  readonly embed: Executable
}

async function compileGraphs(engine: Engine, plan: Plan): Promise<Compiled> {
  const { init, step, embed } = plan.graphs
  return {
    init: await engine.compile(init),
    step: await engine.compile(step, { donate: stateDonation(plan) }),
    embed: await engine.compile(embed),
  }
}

async function trainOn(
  engine: Engine,
  plan: Plan,
  data: RunData,
  folder: RunFolder,
  options: TrainOptions,
): Promise<void> {
  const { run } = plan
  const emit = options.onEvent
  const batch = run.batchPerDevice * plan.replicas
  emit({
    type: 'start',
    experiment: plan.name,
    folder: folder.path,
    engine: engine.description,
    devices: plan.replicas,
    ...options.machine,
    classes: run.classes,
    images: data.dataset.images,
    batch,
    steps: run.steps,
    stepsPerEpoch: run.stepsPerEpoch,
  })
  const started = performance.now()
  const compiled = await phase(emit, 'compile', () => compileGraphs(engine, plan))
  const state = new DeviceState(
    plan,
    await phase(emit, 'initialize', () => compiled.init.run(Array.from({ length: engine.world.local }, () => []))),
  )
  try {
    const evaluate = (step: number) => evaluateSets(engine, plan, compiled.embed, state, data, step, emit)
    await evaluate(0)
    const saver = createWeightSaver(plan, state, folder, emit)
    const between = async (step: number, report: () => void) => {
      const [toEvaluate, toSave] = [run.evaluate.every, run.checkpoint.every].map((every) => isDue(plan, every, step))
      if (toEvaluate || toSave) report()
      if (toEvaluate) await evaluate(step)
      if (toSave) await phase(emit, 'save', () => saver.save(step))
    }
    const meter = createProgressMeter({ ...run, batch })
    const steps = await runSteps(engine, plan, compiled.step, state, data, meter, between, options)
    if (steps > 0) await evaluate(steps)
    await phase(emit, 'save', () => saver.saveLast())
    const memory = compiled.step.memory
    emit({
      type: 'end',
      status: steps < run.steps ? 'interrupted' : 'done',
      steps,
      seconds: secondsSince(started),
      imagesPerSecond: meter.secondsPerStep > 0 ? batch / meter.secondsPerStep : 0,
      planned: {
        secondsPerStep: plan.document.time.secondsPerStep,
        // What driver and libraries take the engine does not see.
        memoryBytes: plan.document.memory.peak - plan.run.machine.device.reserve,
      },
      measured: {
        secondsPerStep: meter.secondsPerStep,
        memoryBytes: engine.deviceMemory?.() ?? (memory && compiledMemory(memory)),
      },
    })
  } finally {
    state.dispose()
    for (const executable of Object.values(compiled)) executable.dispose()
  }
}

/** The training loop; returns how many steps were done. */
async function runSteps(
  engine: Engine,
  plan: Plan,
  executable: Executable,
  state: DeviceState,
  data: RunData,
  meter: ReturnType<typeof createProgressMeter>,
  between: (step: number, report: () => void) => Promise<void>,
  options: TrainOptions,
): Promise<number> {
  const { run } = plan
  const sampler = createSampler({
    seed: run.seed,
    images: data.dataset.images,
    globalBatch: run.batchPerDevice * plan.replicas,
    flip: run.flip,
  })
  const started = performance.now()
  let reported = started
  let done = 0
  const report = () => {
    const event = meter.report(secondsSince(started))
    if (event !== undefined) options.onEvent(event)
    reported = performance.now()
  }
  const scaled = plan.document.model.precision === 'f16'
  const pauseAfter = (steps: number) =>
    [run.evaluate.every, run.checkpoint.every].some((every) => isDue(plan, every, steps))
  const batchesToDo = batches(data.dataset, sampler, { world: engine.world, from: 0, to: run.steps })
  const { signal } = options
  for await (const outcome of trainSteps({ engine, executable, state, batches: batchesToDo, pauseAfter, signal })) {
    const { steps, metrics, seconds, dataSeconds } = outcome
    if (!Number.isFinite(metrics.loss) && !isPassing(metrics))
      throw trainErrors('ARC6504', { loss: metrics.loss, step: steps })
    done = steps
    meter.add({
      loss: metrics.loss,
      rate: metrics.rate,
      gradientNorm: metrics.gradient_norm,
      lossScale: scaled ? metrics.loss_scale : undefined,
      skipped: metrics.skipped === 1,
      seconds,
      dataSeconds,
    })
    if (steps === 1 || steps === run.steps || secondsSince(reported) >= PROGRESS_SECONDS) report()
    if (steps < run.steps) await between(steps, report)
  }
  report()
  return done
}

/** Whether a step with a loss that is not finite did no harm: all stayed as it was, and f16 has not overflowed again and again. */
function isPassing(metrics: StepOutcome['metrics']): boolean {
  return metrics.skipped === 1 && metrics.loss_scale >= 1
}

/** Whether what happens every so often is due after so many steps. */
function isDue(plan: Plan, every: Plan['run']['checkpoint']['every'], steps: number): boolean {
  if (every === undefined) return false
  const period = every.unit === 'steps' ? every.count : every.count * plan.run.stepsPerEpoch
  return steps % Math.max(1, Math.round(period)) === 0
}

async function evaluateSets(
  engine: Engine,
  plan: Plan,
  executable: Executable,
  state: DeviceState,
  data: RunData,
  step: number,
  emit: Emit,
): Promise<void> {
  if (data.sets.length === 0) return
  await phase(emit, 'evaluate', async () => {
    const weights = await state.forEmbed(engine)
    try {
      for (const set of data.sets) {
        const start = performance.now()
        const result = await verifyPairs({ engine, executable, plan, weights: weights.of }, set.pairs)
        emit({
          type: 'evaluation',
          step,
          set: set.name,
          pairs: set.pairs.same.length,
          accuracy: result.accuracy,
          deviation: result.std,
          xnorm: result.xnorm,
          auc: result.auc,
          tarAtFar: result.tar.map(({ far, tar }) => ({ far, tar })),
          seconds: secondsSince(start),
        })
      }
    } finally {
      weights.release()
    }
  })
}
