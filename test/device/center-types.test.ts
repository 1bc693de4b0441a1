/** Centers in bf16 with momentum in 8 bits learn what f32 learns. `npm run bench:centers` is the longer run of the same. */
import { expect, test } from 'vitest'
import { runCenters } from '../../bench/center-types-run.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

describeOnXla('types of the centers', () => {
  test('bf16 and int8: the loss of f32 after sixty steps, in three eighths of the bytes', async () => {
    const run = { seed: 1, steps: 60, classes: 50, side: 28 }
    const [wide, narrow] = await withXla(1, async (engine) => [
      await runCenters(engine, { ...run, weights: 'f32', state: 'f32' }),
      await runCenters(engine, { ...run, weights: 'bf16', state: 'int8' }),
    ])
    expect(wide?.loss).toBeLessThan(8)
    expect(Math.abs((narrow?.loss ?? Number.NaN) - (wide?.loss ?? 0))).toBeLessThan(0.02)
    expect(narrow?.loss).not.toBe(wide?.loss)
    expect(wide?.bytesPerWeight).toBe(8)
    expect(narrow?.bytesPerWeight).toBe(3 + 4 / 64)
  }, 120_000)
})
