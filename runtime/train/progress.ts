/** The speed and loss during a run: means since the last report, a smoothed loss, the remaining time. */
import type { ProgressEvent } from '../events.ts'

/** The weight of the newest loss in the smoothed one: about the last fifty steps count. */
const SMOOTHING = 0.04

export interface StepFacts {
  readonly loss: number
  readonly rate: number
  readonly gradientNorm: number
  /** The factor of f16 loss scaling; `undefined` without it. */
  readonly lossScale: number | undefined
  /** The weights were not changed because a gradient was not finite. */
  readonly skipped: boolean
  /** As in `StepOutcome`: seconds since the previous step ended, and the part in which no step ran because data was missing. */
  readonly seconds: number
  readonly dataSeconds: number
}

export interface ProgressMeter {
  add(facts: StepFacts): void
  /**
   * The progress since the last report, when `step` steps of the run are completed: those that were added, and those that were left
   * out. `undefined` without a step.
   */
  report(step: number, elapsedSeconds: number): ProgressEvent | undefined
  /** Mean seconds of all steps except the first few, which warm up caches. */
  readonly secondsPerStep: number
  /** Over about the last fifty steps; `undefined` without a step whose loss is finite. */
  readonly smoothedLoss: number | undefined
}

const WARMUP_STEPS = 2

export function createProgressMeter(run: {
  readonly steps: number
  readonly stepsPerEpoch: number
  readonly epochs: number
  readonly batch: number
}): ProgressMeter {
  let added = 0
  let reported = 0
  let skipped = 0
  let smoothed: number | undefined
  let last: StepFacts | undefined
  let windowSteps = 0
  let windowSeconds = 0
  let windowData = 0
  let steadySteps = 0
  let steadySeconds = 0
  let allSeconds = 0
  const mean = () => (steadySteps > 0 ? steadySeconds / steadySteps : added > 0 ? allSeconds / added : 0)
  return {
    add(facts) {
      added++
      if (facts.skipped) skipped++
      last = { ...facts, gradientNorm: facts.skipped ? (last?.gradientNorm ?? 0) : facts.gradientNorm }
      // The mean of the losses until there are enough of them, which avoids a bias towards the first.
      const weight = Math.max(SMOOTHING, 1 / added)
      if (Number.isFinite(facts.loss))
        smoothed = smoothed === undefined ? facts.loss : smoothed + weight * (facts.loss - smoothed)
      windowSteps++
      windowSeconds += facts.seconds
      windowData += facts.dataSeconds
      allSeconds += facts.seconds
      if (added > WARMUP_STEPS) {
        steadySteps++
        steadySeconds += facts.seconds
      }
    },
    report(step, elapsedSeconds) {
      if (last === undefined || smoothed === undefined || (windowSteps === 0 && step === reported)) return undefined
      // Nothing was added if the steps since the last report were left out.
      const secondsPerStep = windowSteps === 0 ? mean() : windowSeconds / windowSteps
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
        ...(last.lossScale === undefined ? {} : { lossScale: { factor: last.lossScale, skipped } }),
        imagesPerSecond: run.batch / secondsPerStep,
        secondsPerStep,
        dataSeconds: windowSteps === 0 ? 0 : windowData / windowSteps,
        elapsedSeconds,
        etaSeconds: (run.steps - step) * mean(),
      }
      reported = step
      windowSteps = 0
      windowSeconds = 0
      windowData = 0
      return event
    },
    get smoothedLoss() {
      return smoothed
    },
    get secondsPerStep() {
      return mean()
    },
  }
}
