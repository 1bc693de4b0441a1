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
  return need(meter.report(10), 'a report')
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
