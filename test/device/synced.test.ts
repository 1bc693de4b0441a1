/** With synced batch normalization the number of devices changes nothing but rounding: samples, losses, weights, statistics. */
import { expect, test } from 'vitest'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { narrowPlan, narrowText } from '../helpers/narrow.ts'
import { metricOf, type Run, runOf, stateOf, tensorDifference } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

const BATCH = 32
const classes = 150
const counts = [1, 2, 8] as const

const textFor = (devices: number) =>
  narrowText({
    devices,
    batch: BATCH / devices,
    classes,
    centers: 'sample_rate = 30%',
    train: 'batch_norm = synced',
    optimizer: 'sgd(lr: 0.002, momentum: 0.9, weight_decay: 5e-4)',
  })

/** Rows of all classes of a table, in class order. */
function classTable(plan: Plan, state: Run['state'], name: string): Float32Array {
  return Float32Array.from(
    plan.shards.flatMap((shard, r) => {
      const { data, shape } = stateOf(plan, state, name, r)
      return Array.from(data.subarray(0, shard.count * need(shape[1], 'a width')))
    }),
  )
}

/** Classes whose center a run changed. */
function touched({ plan, initial, state }: Run): number[] {
  const [before, after] = [initial, state].map((own) => classTable(plan, own, 'centers'))
  const width = need(before, 'centers').length / classes
  return Array.from({ length: classes }, (_, i) => i).filter((i) => {
    const row = (table: Float32Array | undefined) => need(table, 'centers').subarray(i * width, (i + 1) * width)
    return row(before).some((value, d) => value !== row(after)[d])
  })
}

describeOnXla('synced batch normalization', () => {
  const engineOf = xlaEngines(counts)
  const runs = (steps: number) =>
    counts.reduce<Promise<Run[]>>(async (before, devices) => {
      const done = await before
      return [...done, await runOf(textFor(devices), { engine: engineOf(devices), steps })]
    }, Promise.resolve([]))

  test('1, 2 and 8 devices: losses equal to 1e-4 over 20 steps', async () => {
    const [losses = [], ...others] = (await runs(20)).map((run) => metricOf(run, 'loss'))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)))
    for (const other of others)
      other.forEach((loss, step) => {
        expect(Math.abs(loss - need(losses[step], 'a loss')), `loss ${step}`).toBeLessThan(1e-4)
      })
  }, 240_000)

  test('1, 2 and 8 devices: the same sample, and the same state after a step', async () => {
    const [one, ...others] = await runs(1)
    const first = need(one, 'a run')
    for (const { plan, ...run } of others) {
      expect(touched({ plan, ...run })).toEqual(touched(first))
      for (const { name, role } of plan.state) {
        if (role === 'centers' || role === 'centers_optimizer') {
          const [a, b] = [classTable(first.plan, first.state, name), classTable(plan, run.state, name)]
          const wrap = (data: Float32Array) => ({ dtype: 'f32' as const, shape: [data.length], data: data.slice() })
          expect(tensorDifference(wrap(a), wrap(b)), name).toBeLessThan(1e-4)
          continue
        }
        for (let r = 0; r < plan.replicas; r++) {
          const [a, b] = [stateOf(first.plan, first.state, name), stateOf(plan, run.state, name, r)]
          expect(tensorDifference(a, b), name).toBeLessThan(1e-4)
          // Running statistics are the same numbers on all devices, not only close ones.
          expect(b.data).toEqual(stateOf(plan, run.state, name, 0).data)
        }
      }
    }
  }, 240_000)

  test('is the default no more than on one device', async () => {
    const local = narrowPlan({ devices: 2, batch: 4, classes: 13 })
    const synced = narrowPlan({ devices: 2, batch: 4, classes: 13, train: 'batch_norm = synced' })
    const kinds = (plan: typeof local) => plan.document.collectives.map((c) => c.what)
    expect(kinds(local)).not.toContain('statistics of batches')
    expect(kinds(synced)).toContain('statistics of batches')
    const alone = narrowPlan({ devices: 1, batch: 4, classes: 13, train: 'batch_norm = synced' })
    expect(alone.graphs.step.ops.length).toBe(narrowPlan({ devices: 1, batch: 4, classes: 13 }).graphs.step.ops.length)
  })
})
