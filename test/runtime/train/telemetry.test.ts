/** Samples of the computer beside the steps. */
import { expect, test } from 'vitest'
import type { Executable } from '../../../runtime/engine.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { modelFlopUtilization } from '../../../runtime/train/model-flops.ts'
import { createProgressMeter } from '../../../runtime/train/progress.ts'
import { startTelemetry } from '../../../runtime/train/telemetry.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const facts = { loss: 1, rate: 0.1, gradientNorm: 1, lossScale: undefined, skipped: false, dataSeconds: 0 }

/** A meter that has seen a step. */
function meterOf(seconds: number) {
  const meter = createProgressMeter({ steps: 9, stepsPerEpoch: 9, epochs: 1, batch: 8 })
  meter.add({ ...facts, seconds })
  return meter
}

/** An executable of which only the engine's figures are asked. */
const unused = () => {
  throw new Error('it does not run')
}
const sized = (memory: Executable['memory']): Executable => ({
  start: unused,
  run: unused,
  keep: unused,
  memory,
  dispose: () => undefined,
})

test('the utilization is that of the meter which counts now: going back replaces it', async () => {
  const plan = narrowPlan({ devices: 1, batch: 4, classes: 20, kind: 'cuda', train: 'precision = f16' })
  const engine = await createTfjsEngine({ world: oneProcess(1) })
  const events: RunEvent[] = []
  const run = {
    plan,
    engine,
    programs: { step: sized({ arguments: 100, outputs: 60, alias: 50, temporaries: 7 }), embed: sized(undefined) },
    devices: undefined,
    emit: (event: RunEvent) => void events.push(event),
    meter: meterOf(4),
    steps: 3,
  }
  const telemetry = await startTelemetry(run)
  run.meter = meterOf(0.5)
  run.steps = 2
  await telemetry.end()
  engine.dispose()
  expect(events).toMatchObject([
    {
      type: 'telemetry',
      step: 2,
      flopUtilization: modelFlopUtilization(plan, 0.5),
      hostBytes: expect.any(Number),
      stepBytes: 117,
    },
  ])
  const [event] = events
  const { hostBytes = 0, hostPeakBytes = 0 } = event?.type === 'telemetry' ? event : {}
  expect(hostPeakBytes).toBeGreaterThanOrEqual(hostBytes)
})
