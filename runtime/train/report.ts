/** What a run tells of its start, its progress and its end. */
import { programBytes } from '../engine.ts'
import { secondsSince } from './phase.ts'
import type { Session } from './session.ts'
import type { Trainer } from './trainer.ts'

/** Seconds between two progress events. */
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
    images: data.dataset.images,
    batch: plan.document.schedule.batch,
    steps: run.steps,
    stepsPerEpoch: run.stepsPerEpoch,
  })
}

/** Whether the step that has just ended is to be told of at once: the first, the last, and every one after a while of silence. */
export function isProgressDue({ plan, steps, times }: Trainer): boolean {
  return steps === 1 || steps === plan.run.steps || secondsSince(times.reported) >= PROGRESS_SECONDS
}

/** Tells of the steps since the last report; of none, nothing. */
export function reportProgress({ meter, times, emit }: Trainer): void {
  const event = meter.report(secondsSince(times.looping))
  if (event !== undefined) emit(event)
  times.reported = performance.now()
}

/** Tells how the run ended, and what was planned and measured of time and memory. */
export function reportEnd({ plan, engine, programs, meter, steps, times, emit }: Trainer): void {
  const { secondsPerStep } = meter
  const { memory } = programs.step
  emit({
    type: 'end',
    status: steps < plan.run.steps ? 'interrupted' : 'done',
    steps,
    seconds: secondsSince(times.opened),
    imagesPerSecond: secondsPerStep > 0 ? plan.document.schedule.batch / secondsPerStep : 0,
    planned: {
      secondsPerStep: plan.document.time.secondsPerStep,
      // What driver and libraries take the engine does not see.
      memoryBytes: plan.document.memory.peak - plan.run.machine.device.reserve,
    },
    measured: {
      secondsPerStep,
      // What the compiled step takes, where nobody measures what is in use.
      memoryBytes: engine.deviceMemory?.() ?? (memory && programBytes(memory)),
    },
  })
}
