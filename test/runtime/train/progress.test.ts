/** The results of the progress meter. */
import { expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { createProgressMeter, type StepFacts } from '../../../runtime/train/progress.ts'

const run = { steps: 100, stepsPerEpoch: 10, epochs: 10, batch: 64 }
const facts: StepFacts = {
  loss: 8,
  rate: 0.1,
  gradientNorm: 2,
  lossScale: undefined,
  skipped: false,
  seconds: 0.5,
  dataSeconds: 0.1,
}

function reported(steps: readonly StepFacts[]) {
  const meter = createProgressMeter(run)
  for (const step of steps) meter.add(step)
  return need(meter.report(steps.length, 10), 'a report')
}

test('speed is that of the steps since the last report', () => {
  const event = reported([facts, { ...facts, seconds: 1.5 }])
  expect(event).toMatchObject({ step: 2, imagesPerSecond: 64, secondsPerStep: 1, dataSeconds: 0.1 })
  expect(event).not.toHaveProperty('lossScale')
})

test('steps that f16 skipped are counted, and neither their norm nor a loss that is not finite is shown', () => {
  const skipped = { ...facts, lossScale: 65536, skipped: true, gradientNorm: Number.POSITIVE_INFINITY }
  const event = reported([
    { ...facts, lossScale: 65536 },
    { ...skipped, loss: Number.NaN },
    { ...skipped, lossScale: 32768 },
  ])
  expect(event.lossScale).toEqual({ factor: 32768, skipped: 2 })
  expect(event.gradientNorm).toBe(2)
  expect(event.smoothedLoss).toBe(8)
})

test('steps that were left out are completed: step, epoch and remaining time count them, speed does not', () => {
  const meter = createProgressMeter(run)
  for (let added = 0; added < 4; added++) meter.add(facts)
  expect(meter.report(50, 10)).toMatchObject({ step: 50, epoch: 5, secondsPerStep: 0.5, etaSeconds: 25 })
  expect(meter.report(50, 10)).toBeUndefined()
  // The rest is left out.
  expect(meter.report(100, 11)).toMatchObject({ step: 100, etaSeconds: 0, secondsPerStep: 0.5, dataSeconds: 0 })
})
