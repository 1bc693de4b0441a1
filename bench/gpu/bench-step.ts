/**
 * Times the training step of one experiment and compares it with its plan:
 * `node gpu-step.js FILE.arc NAME [--steps 30] [--set path=value]…`. Prints one JSON line.
 */
import { readFileSync } from 'node:fs'
import { overrideSources } from '../../cli/host/entry.ts'
import { fileHost } from '../../cli/host/host.ts'
import { compileExperiment } from '../../compiler/driver.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { XlaEngine } from '../../runtime/xla/engine.ts'
import { openEngine } from './open-engine.ts'
import { finish, option, type Report } from './report.ts'
import { type StepTimes, timeSteps } from './timed-steps.ts'

/** Milliseconds and bytes. */
export interface StepReport extends Report {
  readonly case: string
  readonly engine: string
  readonly batch: number
  readonly classes: number
  readonly precision: string
  /** Number of programs loaded from the cache, and compiled. */
  readonly programs: XlaEngine['programs']
  /** Inputs of the step's program. */
  readonly inputs: number
  readonly seconds: Pick<StepTimes, 'compile' | 'first'>
  /** A step of the run's own loop; one with a wait after it; one of consecutive steps without a batch to upload. */
  readonly step: number
  readonly synced: number
  readonly resident: number
  readonly imagesPerSecond: number
  readonly planned: { readonly step: number; readonly memory: number }
  /** `compiled` is the compiler's sum; `peak` is that of the device's allocator, including compiling and tuning. */
  readonly memory: { readonly compiled: number | undefined; readonly peak: number | undefined }
  readonly losses: StepTimes['losses']
}

const [file = '', name = ''] = process.argv.slice(2)
const steps = Number(option('steps') ?? 30)
const settings = process.argv.flatMap((arg, i) => (arg === '--set' ? [process.argv[i + 1] ?? ''] : []))
const host = { ...fileHost(), countDataset: () => undefined }
const { plan, diagnostics } = compileExperiment(
  { entry: { path: file, text: readFileSync(file, 'utf8') }, experiment: name, overrides: overrideSources(settings) },
  host,
)
if (plan === undefined) {
  process.stderr.write(`${diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n')}\n`)
  process.exit(1)
}

/** Seconds of the planned step, excluding the wait for data: these steps have none. */
function plannedStep({ document }: Plan): number {
  const { secondsPerStep, parts } = document.time
  return secondsPerStep - (parts.find(({ name }) => name === 'data')?.seconds ?? 0)
}

const engine = await openEngine(plan.replicas, () => plan.run.machine.device.reserve)
const times = await timeSteps(engine, plan, steps)
const images = plan.run.batchPerDevice * plan.replicas
const failures = times.losses.every(Number.isFinite) ? [] : ['the loss is not finite']
const report: StepReport = {
  ok: failures.length === 0,
  failures,
  case: name,
  engine: engine.description,
  batch: images,
  classes: plan.run.classes,
  precision: plan.document.model.precision,
  programs: engine.programs,
  inputs: need(plan.graphs.step, 'a step').inputs.length,
  seconds: { compile: times.compile, first: times.first },
  step: times.loop * 1000,
  synced: times.synced * 1000,
  resident: times.resident * 1000,
  imagesPerSecond: images / times.loop,
  planned: { step: plannedStep(plan) * 1000, memory: plan.document.memory.peak },
  memory: { compiled: times.memory, peak: engine.deviceMemory?.() },
  losses: times.losses,
}
finish(report)
