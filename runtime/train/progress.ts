/** Speed and loss of a run as it goes: means since the last report, a smoothed loss, the time left. */
import type { ProgressEvent } from '../events.ts'

/** Weight of the newest loss in the smoothed one: about the last fifty steps count. */
const SMOOTHING = 0.04

export interface StepFacts {
  readonly loss: number
  readonly rate: number
  readonly gradientNorm: number
  /** Seconds of this step, and of them, waiting for data. */
  readonly seconds: number
  readonly dataSeconds: number
}

export interface ProgressMeter {
  add(facts: StepFacts): void
  /** What happened since the last report; `undefined` where nothing did. */
  report(elapsedSeconds: number): ProgressEvent | undefined
  /** Mean seconds of all steps but the first few, which warm caches up. */
  readonly secondsPerStep: number
}

const WARMUP_STEPS = 2

export function createProgressMeter(run: {
  readonly steps: number
  readonly stepsPerEpoch: number
  readonly epochs: number
  readonly batch: number
}): ProgressMeter {
  let step = 0
  let smoothed: number | undefined
  let last: StepFacts | undefined
  let windowSteps = 0
  let windowSeconds = 0
  let windowData = 0
  let steadySteps = 0
  let steadySeconds = 0
  let allSeconds = 0
  const mean = () => (steadySteps > 0 ? steadySeconds / steadySteps : step > 0 ? allSeconds / step : 0)
  return {
    add(facts) {
      step++
      last = facts
      // The mean of the losses so far until there are enough of them: no bias towards the first.
      const weight = Math.max(SMOOTHING, 1 / step)
      smoothed = smoothed === undefined ? facts.loss : smoothed + weight * (facts.loss - smoothed)
      windowSteps++
      windowSeconds += facts.seconds
      windowData += facts.dataSeconds
      allSeconds += facts.seconds
      if (step > WARMUP_STEPS) {
        steadySteps++
        steadySeconds += facts.seconds
      }
    },
    report(elapsedSeconds) {
      if (last === undefined || smoothed === undefined || windowSteps === 0) return undefined
      const secondsPerStep = windowSeconds / windowSteps
      const event: ProgressEvent = {
        type: 'progress',
        step,
        steps: run.steps,
        epoch: step / run.stepsPerEpoch,
        epochs: run.epochs,
        loss: last.loss,
        smoothedLoss: smoothed,
        rate: last.rate,
        gradientNorm: last.gradientNorm,
        imagesPerSecond: run.batch / secondsPerStep,
        secondsPerStep,
        dataSeconds: windowData / windowSteps,
        elapsedSeconds,
        etaSeconds: (run.steps - step) * mean(),
      }
      windowSteps = 0
      windowSeconds = 0
      windowData = 0
      return event
    },
    get secondsPerStep() {
      return mean()
    },
  }
}
