/** Training in 16 bits: the same curve as f32 up to rounding, and what a step does whose gradients are not finite. */
import { expect, test } from 'vitest'
import type { HostTensor } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import { type Edit, metricOf, type Run, runOf, stateOf } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

const STEPS = 4
const shape = { devices: 2, batch: 4, classes: 13 }

const textFor = (precision: string) => narrowText({ ...shape, train: `precision = ${precision}` })

function expectNear(values: readonly number[], wanted: readonly number[], tolerance: number) {
  expect(values.length).toBe(wanted.length)
  values.forEach((value, i) => {
    expect(Math.abs(value / (wanted[i] ?? Number.NaN) - 1)).toBeLessThan(tolerance)
  })
}

/** Sets the numbers of one state tensor. */
const only = (name: string, change: (tensor: HostTensor) => ArrayLike<number>) => (own: string, tensor: HostTensor) => {
  if (own !== name) return undefined
  const data = tensor.dtype === 'i32' ? Int32Array.from(change(tensor)) : Float32Array.from(change(tensor))
  return { ...tensor, data }
}

/** A scale at which this small network's gradients fit. */
const fitting = only('loss_scale.factor', () => [64])

describeOnXla('16-bit training', () => {
  const engineOf = xlaEngines([2])
  const train = (precision: string, edit?: Edit) =>
    runOf(textFor(precision), { engine: engineOf(2), steps: STEPS, ...(edit && { edit }) })

  test.each([
    ['bf16', 0.05],
    ['f16', 0.03],
  ])(
    '%s follows f32, and both engines agree on it',
    async (precision, tolerance) => {
      const wide = await train('f32')
      const narrow = await train(precision, fitting)
      expectNear(metricOf(narrow, 'loss'), metricOf(wide, 'loss'), tolerance)
      expectNear(metricOf(narrow, 'loss').slice(0, 1), metricOf(wide, 'loss').slice(0, 1), 3e-3)
      expect(metricOf(narrow, 'loss')).not.toEqual(metricOf(wide, 'loss'))
      expectNear(metricOf(narrow, 'gradient_norm'), metricOf(wide, 'gradient_norm'), 5 * tolerance)
      expect(metricOf(narrow, 'skipped')).toEqual([0, 0, 0, 0])
      expect(metricOf(narrow, 'loss_scale')).toEqual(new Array(STEPS).fill(precision === 'f16' ? 64 : 1))
      for (const [i, spec] of narrow.plan.state.entries())
        if (spec.role !== 'scaler') expect(narrow.state[0]?.[i]?.dtype).toBe('f32')

      const tfjs = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
      const other = await runOf(textFor(precision), { engine: tfjs, steps: 2, edit: fitting })
      tfjs.dispose()
      expectNear(metricOf(other, 'loss'), metricOf(narrow, 'loss').slice(0, 2), tolerance)
    },
    120_000,
  )

  const run = (edit: Edit) => runOf(textFor('f16'), { engine: engineOf(2), steps: 1, edit })

  /** State tensors that are not what they were, bit for bit, on any device; those of loss scaling aside. */
  const moved = ({ plan, ...trained }: Run) =>
    plan.state.flatMap(({ name, role }) => {
      const same = [0, 1].every((r) => {
        const [before, after] = [trained.initial, trained.state].map((state) => stateOf(plan, state, name, r).data)
        return Buffer.compare(bytes(before), bytes(after)) === 0
      })
      return same || role === 'scaler' ? [] : [name]
    })
  const bytes = (data: HostTensor['data'] | undefined) =>
    data === undefined ? Buffer.alloc(0) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)

  const scaler = ({ plan, state }: Run) => [
    stateOf(plan, state, 'loss_scale.factor').data[0],
    stateOf(plan, state, 'loss_scale.good_steps').data[0],
    stateOf(plan, state, 'loss_scale.updates').data[0],
  ]

  test('a gradient beyond f16 leaves the backbone as it was, bit for bit, and halves the scale', async () => {
    const trained = await run(only('loss_scale.factor', () => [2 ** 40]))
    expect(metricOf(trained, 'skipped')).toEqual([1])
    expect(scaler(trained)).toEqual([2 ** 39, 0, 0])
    expect(moved(trained)).toEqual(['centers', 'centers.velocity'])
  })

  test('an embedding that overflows leaves the centers too', async () => {
    const trained = await run(only('conv1.weight', ({ data }) => Array.from(data, (w) => 1e9 * w)))
    expect(metricOf(trained, 'loss')[0]).toBeNaN()
    expect(metricOf(trained, 'skipped')).toEqual([1])
    expect(scaler(trained)).toEqual([32768, 0, 0])
    expect(moved(trained)).toEqual([])
  })

  test('the hundredth good step doubles the scale', async () => {
    const withStreak = (streak: number) => (name: string, tensor: HostTensor) =>
      fitting(name, tensor) ?? only('loss_scale.good_steps', () => [streak])(name, tensor)
    expect(scaler(await run(withStreak(99)))).toEqual([128, 0, 1])
    expect(scaler(await run(withStreak(98)))).toEqual([64, 99, 1])
  })
})
