/** What steps do to frozen parts, to weights with rates or decay of their own, to averages and to the centers, on both engines. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import { metricOf, type Run, runOf, stateDifferences, stateOf, tensorDifference } from '../helpers/run.ts'
import { withXla } from '../helpers/xla.ts'

/** A layer of each kind and few programs' worth of compiling. */
const declarations = `
backbone short() on Image(12, 12, 3) -> Vector(8) {
  let first = input |> conv(4, stride: 2) as conv1 |> batch_norm as bn1 |> prelu as prelu1
  first |> conv(4, stride: 2) as conv2 |> batch_norm as bn2 |> flatten |> linear(8) as fc
}`

const size = { devices: 2, batch: 3, classes: 13, declarations, backbone: 'short()' }
const descent = 'sgd(lr: 0.05, momentum: 0, weight_decay: 0.1)'

const named = (run: Run, roles: readonly string[]) =>
  run.plan.state.filter(({ role }) => roles.includes(role)).flatMap(({ holds }) => holds.map(({ name }) => name))

/** What a step adds to a weight. */
function moved(run: Run, name: string): Float64Array {
  const [before, after] = [stateOf(run.plan, run.initial, name), stateOf(run.plan, run.state, name)]
  return Float64Array.from(after.data, (value, i) => value - need(before.data[i], name))
}

const largest = (values: Iterable<number>) => Math.max(0, ...Array.from(values, Math.abs))
const difference = (a: Float64Array, b: Iterable<number>) =>
  largest(Array.from(b, (value, i) => value - need(a[i], '')))

describe('a step', () => {
  let engine: Engine
  let usual: Run
  const run = (train: string, more: Partial<Parameters<typeof narrowText>[0]> = {}, steps = 1) =>
    runOf(narrowText({ ...size, optimizer: descent, train, ...more }), { engine, steps })

  beforeAll(async () => {
    engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
    usual = await run('')
  })
  afterAll(() => engine.dispose())

  test('leaves frozen parts as they are, on every device, and their running statistics', async () => {
    const frozen = ['conv1', 'bn1', 'prelu1']
    const after = await run(`freeze = [${frozen.map((path) => `"${path}"`)}]`, {}, 2)
    const isFrozen = (name: string) => frozen.includes(need(name.split('.')[0], name))
    const unmoved = named(after, ['parameter', 'buffer']).filter((name) => largest(moved(after, name)) === 0)
    const wanted = named(after, ['parameter', 'buffer']).filter(isFrozen)
    expect(unmoved.toSorted()).toEqual(wanted.toSorted())
  })

  test('trains only the centers where the whole backbone is frozen', async () => {
    const after = await run('freeze = ["*"]', { centers: 'chunk = 3 rows' }, 2)
    expect(named(after, ['parameter', 'buffer']).filter((name) => largest(moved(after, name)) > 0)).toEqual([])
    expect(largest(moved(after, 'centers'))).toBeGreaterThan(1e-4)
    expect(metricOf(after, 'gradient_norm')).toEqual([0, 0])
    expect(after.plan.document.collectives.map(({ kind }) => kind)).toEqual(['all_gather', 'all_gather', 'all_gather'])
  })

  test('moves a group by its factor', async () => {
    const after = await run(
      'lr_groups = [group("conv2", factor: 0.25), group("bn2", factor: 0.5), group("fc.weight", factor: 3)]',
    )
    for (const [name, factor] of [
      ['conv2.weight', 0.25],
      ['bn2.bias', 0.5],
      ['fc.weight', 3],
      ['fc.bias', 1],
      ['conv1.weight', 1],
      ['bn1.bias', 1],
    ] as const) {
      const wanted = moved(usual, name).map((value) => factor * value)
      expect(difference(wanted, moved(after, name)) / largest(wanted), name).toBeLessThan(1e-4)
    }
    expect(metricOf(after, 'rate')).toEqual([Math.fround(0.05)])
  })

  test('decays only matrices', async () => {
    const after = await run('decay = matrices')
    expect(
      tensorDifference(
        stateOf(after.plan, after.state, 'conv1.weight'),
        stateOf(usual.plan, usual.state, 'conv1.weight'),
      ),
    ).toBe(0)
    // The slopes start at 0.25, the scales at 1: decay takes 0.05 · 0.1 of each in a step.
    for (const [name, start] of [
      ['prelu1.weight', 0.25],
      ['bn1.weight', 1],
    ] as const) {
      const wanted = moved(usual, name).map((value) => value + 0.005 * start)
      expect(difference(wanted, moved(after, name)), name).toBeLessThan(1e-6)
    }
  })

  test('averages the weights, which take their course', async () => {
    const once = await run('average = ema(decay: 0.75, warmup: false)')
    const twice = await run('average = ema(decay: 0.75, warmup: false)', {}, 2)
    for (const name of named(usual, ['parameter', 'centers']))
      expect(tensorDifference(stateOf(once.plan, once.state, name), stateOf(usual.plan, usual.state, name)), name).toBe(
        0,
      )
    for (const name of named(usual, ['parameter'])) {
      const [start, first, second, average] = [
        stateOf(once.plan, once.initial, `${name}.average`),
        stateOf(once.plan, once.state, name),
        stateOf(twice.plan, twice.state, name),
        stateOf(twice.plan, twice.state, `${name}.average`),
      ]
      expect(tensorDifference(start, stateOf(once.plan, once.initial, name)), name).toBe(0)
      expect(tensorDifference(stateOf(once.plan, once.state, `${name}.average`), first), name).toBe(0)
      const wanted = Float64Array.from(first.data, (value, i) => 0.75 * value + 0.25 * need(second.data[i], name))
      expect(difference(wanted, average.data), name).toBeLessThan(1e-6)
    }
  })

  test('scales rates with the global batch, and gives the centers their own', async () => {
    const scaled = await run('lr_scaling = sqrt_scaling(reference: 24)')
    expect(metricOf(scaled, 'rate')).toEqual([Math.fround(0.025)])
    const own = await run('', { centers: 'optimizer = sgd(lr: 0.1, momentum: 0, weight_decay: 0.1)' })
    expect(difference(moved(own, 'fc.weight'), moved(usual, 'fc.weight'))).toBe(0)
    const centers = moved(usual, 'centers')
    expect(
      difference(
        centers.map((value) => 2 * value),
        moved(own, 'centers'),
      ) / largest(centers),
    ).toBeLessThan(1e-4)
  })
})

test('three steps with all of it are the same on both engines', async () => {
  const text = narrowText({
    ...size,
    optimizer: 'lars(lr: 0.5, weight_decay: 5e-4, trust: 0.02)',
    centers: 'optimizer = adamw(lr: 0.01), sample_rate = 50%',
    train: `freeze = ["conv1", "bn1"], lr_groups = [group("conv2", factor: 0.5)], decay = matrices, label_smoothing = 0.1
      average = ema(decay: 0.9), lr_scaling = linear_scaling(reference: 4)
      schedule = multistep([2 steps], warmup: 2 steps)`,
  })
  const xla = await withXla(2, (engine) => runOf(text, { engine, steps: 3 }))
  const tfjs = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  const other = await runOf(text, { engine: tfjs, steps: 3 })
  tfjs.dispose()
  expect(stateDifferences(xla.plan, xla.state, other.state, 1e-4)).toEqual([])
  const rates = metricOf(xla, 'rate')
  expect(rates.map((rate) => Math.round(1e6 * rate) / 1e6)).toEqual([0.375, 0.375, 0.075])
})
