/** Every margin, placement, gradient and update of the centers, and both optimizers: one device and two give the same steps. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'
import { metricOf, type NarrowOptions, narrowPlan, seriesDifference, stateOf, trainNarrow } from '../helpers/narrow.ts'
import { describeOnXla } from '../helpers/xla.ts'

const ROWS = 8
const STEPS = 2
const classes = 37

/** No statistics of the batch, so that the number of devices can change nothing, and quick to compile. */
const declarations = `
backbone flat() on Image(112, 112, 3) -> Vector(8) {
  input |> flatten |> linear(8) as fc
}`

const margins = [
  'arcface(m: 0.5 rad, scale: 16)',
  'cosface(m: 0.4, scale: 16)',
  'combined(m1: 1.1, m2: 0.2 rad, m3: 0.1, scale: 16)',
  'arcface(m: 0.5 rad, scale: 16) |> interclass_filter(threshold: 0.3)',
]
const placements = ['shard', 'replicate']
const gradients = ['exact', 'straight_through']
const updates = ['sparse', 'dense']

interface Case {
  readonly margin: string
  readonly centers: string
  readonly optimizer: string
}

const sgd = 'sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)'
const adamw = 'adamw(lr: 0.01, weight_decay: 0.1)'

const centersOf = (placement: string, gradient: string, update: string) =>
  `placement = ${placement}, gradient = ${gradient}, update = ${update}, sample_rate = 40%`

const cases: readonly Case[] = [
  ...margins.flatMap((margin) =>
    placements.flatMap((placement) =>
      gradients.flatMap((gradient) =>
        updates.map((update) => ({ margin, centers: centersOf(placement, gradient, update), optimizer: sgd })),
      ),
    ),
  ),
  ...placements.flatMap((placement) =>
    updates.map((update) => ({
      margin: need(margins[0], 'a margin'),
      centers: `${centersOf(placement, 'exact', update)}, state = bf16, weights = bf16`,
      optimizer: adamw,
    })),
  ),
  { margin: need(margins[1], 'a margin'), centers: 'sample_rate = 40%, chunk = 6 rows', optimizer: adamw },
]

const engines: XlaEngine[] = []

describeOnXla('heads', () => {
  beforeAll(async () => {
    for (const replicas of [1, 2]) engines.push(await createXlaEngine({ replicas }))
  })
  afterAll(() => {
    for (const engine of engines) {
      expect(engine.alive).toBe(0)
      engine.dispose()
    }
  })

  test.each(cases)('$margin, $centers, $optimizer', async ({ margin, centers, optimizer }) => {
    const planOf = (devices: number) => {
      const options: NarrowOptions = {
        devices,
        batch: ROWS / devices,
        classes,
        centers,
        margin,
        optimizer,
        declarations,
      }
      return narrowPlan({ ...options, backbone: 'flat()' })
    }
    const plans = [planOf(1), planOf(2)]
    const runs = []
    for (const [i, engine] of engines.entries()) runs.push(await trainNarrow(engine, need(plans[i], 'a plan'), STEPS))
    const [one, two] = [need(runs[0], 'a run'), need(runs[1], 'a run')]
    const losses = metricOf(one, 'loss')
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(losses[1]).not.toBe(losses[0])
    expect(seriesDifference(metricOf(two, 'loss'), losses)).toBeLessThan(1e-5)
    expect(seriesDifference(metricOf(two, 'gradient_norm'), metricOf(one, 'gradient_norm'))).toBeLessThan(1e-4)

    const [single, double] = [need(plans[0], 'a plan'), need(plans[1], 'a plan')]
    const rows = double.shards.flatMap((shard, r) => {
      if (shard.start !== 0 && double.shards[0]?.count === classes) return []
      return numbers(stateOf(double, two.state, 'centers', r).data.subarray(0, shard.count * 8))
    })
    if (!centers.includes('bf16')) {
      const whole = numbers(stateOf(single, one.state, 'centers').data.subarray(0, classes * 8))
      expect(Math.max(...whole.map((value, i) => Math.abs(value - (rows[i] ?? Number.NaN))))).toBeLessThan(1e-5)
    }
  })
})

const numbers = (data: ArrayLike<number>) => Array.from(data)
