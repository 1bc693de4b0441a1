/** Events about the start, the progress and the end of a run. */
import { damagedText } from '../checkpoint/newest-intact.ts'
import { programBytes } from '../engine.ts'
import { peakProcessBytes } from '../process-memory.ts'
import { secondsSince } from './phase.ts'
import { requirementOutcomes } from './requirements.ts'
import type { Session } from './session.ts'
import type { Trainer } from './trainer.ts'

/** The planned memory of a device in bytes, without that of driver and libraries, which the engine does not see. */
function plannedBytes({ document, run }: Session['plan']): number {
  return document.memory.peak - Math.round(run.machine.device.reserve)
}

/** The interval of progress events, in seconds. */
const PROGRESS_SECONDS = 0.5

export function reportStart({ plan, folder, data, engine, machine, emit }: Session): void {
  const { run } = plan
  emit({
    type: 'start',
    experiment: plan.name,
    folder: folder.path,
    engine: engine.description,
    devices: plan.replicas,
    ...machine,
    classes: run.classes,
    images: data.train.images,
    ...(data.leftOut === undefined ? {} : { leftOut: data.leftOut }),
    batch: plan.document.schedule.batch,
    steps: run.steps,
    stepsPerEpoch: run.stepsPerEpoch,
    plannedBytes: plannedBytes(plan),
  })
}

/** Reports where a run goes on, and the checkpoints that it does not go on from; nothing for a new run. */
export function reportResume({ resumed, emit }: Session): void {
  if (resumed === undefined) return
  const { checkpoint, damaged, changes } = resumed
  for (const found of damaged) emit({ type: 'warning', message: damagedText(found) })
  const step = checkpoint?.manifest.step ?? 0
  emit({ type: 'resumed', step, ...(checkpoint === undefined ? {} : { checkpoint: checkpoint.path }), changes })
}

/** Whether the step that has just ended is reported: the first, the last, and one per interval. */
export function isProgressDue({ plan, steps, times }: Trainer): boolean {
  return steps === 1 || steps === plan.run.steps || secondsSince(times.reported) >= PROGRESS_SECONDS
}

/** Reports the steps since the last report, if any. */
export function reportProgress({ meter, steps, times, emit }: Trainer): void {
  const event = meter.report(steps, secondsSince(times.looping))
  if (event !== undefined) emit(event)
  times.reported = performance.now()
}

/** Reports the end of the run, with planned and measured time and memory. */
export async function reportEnd(trainer: Trainer): Promise<void> {
  const { plan, engine, programs, loaders, meter, steps, leftOut, times, emit } = trainer
  const { secondsPerStep } = meter
  const { memory } = programs.step
  // The memory of the compiled step, if memory in use is not measured.
  const memoryBytes = engine.deviceMemory?.() ?? (memory && programBytes(memory))
  const damaged = loaders.damage?.count ?? 0
  const isDone = steps >= plan.run.steps
  const requirements = isDone && plan.run.requires.length > 0 ? await requirementOutcomes(trainer) : undefined
  emit({
    type: 'end',
    status: isDone ? 'done' : 'interrupted',
    steps,
    seconds: secondsSince(times.opened),
    imagesPerSecond: secondsPerStep > 0 ? plan.document.schedule.batch / secondsPerStep : 0,
    ...(damaged === 0 ? {} : { skippedPictures: damaged }),
    ...(leftOut.size === 0 ? {} : { leftOutSteps: leftOut.size }),
    ...(requirements === undefined ? {} : { requirements }),
    planned: { secondsPerStep: plan.document.time.secondsPerStep, memoryBytes: plannedBytes(plan) },
    measured: {
      secondsPerStep,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      processBytes: peakProcessBytes(),
    },
  })
}
