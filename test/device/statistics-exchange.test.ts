/** Devices that all-reduce their softmax statistics, and such as gather them, take the same steps up to rounding, on both engines. */
import { expect, test } from 'vitest'
import { type StatisticsExchange, statisticsExchanges } from '../../compiler/step/softmax-statistics.ts'
import type { Engine } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import { type Edit, metricOf, type Run, runOf, seriesDifference, stateDifferences } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

const devices = 3
const STEPS = 2

interface Setting {
  readonly centers?: string
  readonly margin?: string
  readonly train?: string
}

/** Links at which the planner takes the one or the other. */
const bandwidths: { readonly [E in StatisticsExchange]: string } = { gather: '1000 GB/s', reduce: '0.000001 GB/s' }

const declarations = (exchange: StatisticsExchange) => `
machine linked() {
  nodes = 1, devices_per_node = ${devices}, device = cpu_device
  links { within = shared_memory(${bandwidths[exchange]}) }
}
margin one_versus_all(scale: float = 16) {
  loss = sigmoid
  target(cos) = cos - 0.2
}
backbone flat() on Image(12, 12, 3) -> Vector(8) {
  input |> flatten |> linear(8) as fc
}`

const textOf = (exchange: StatisticsExchange, setting: Setting) =>
  narrowText({
    devices,
    batch: 4,
    classes: 37,
    machine: 'linked()',
    backbone: 'flat()',
    declarations: declarations(exchange),
    ...setting,
  })

/** A loss scale at which the gradients of f16 fit. */
const fitting: Edit = (name, tensor) =>
  name === 'loss_scale.factor' ? { ...tensor, data: Float32Array.of(64) } : undefined

async function both(engine: Engine, setting: Setting): Promise<{ readonly [E in StatisticsExchange]: Run }> {
  const run = (exchange: StatisticsExchange) =>
    runOf(textOf(exchange, setting), { engine, steps: STEPS, edit: fitting })
  const found = { gather: await run('gather'), reduce: await run('reduce') }
  for (const exchange of statisticsExchanges) expect(found[exchange].plan.document.exchange?.chosen).toBe(exchange)
  return found
}

/** Largest difference of losses, and of tensors by their largest element. */
const tolerances = { f32: 2e-6, bf16: 4e-3, f16: 5e-4 }

function expectNear({ gather, reduce }: Awaited<ReturnType<typeof both>>, tolerance: number): void {
  const losses = metricOf(reduce, 'loss')
  expect(losses.every(Number.isFinite)).toBe(true)
  expect(losses[1]).not.toBe(losses[0])
  expect(seriesDifference(losses, metricOf(gather, 'loss'))).toBeLessThan(tolerance)
  expect(stateDifferences(reduce.plan, reduce.state, gather.state, tolerance)).toEqual([])
}

const settings: readonly (readonly [string, keyof typeof tolerances, Setting])[] = [
  ['all classes', 'f32', {}],
  [
    'a smoothed sample in chunks',
    'f32',
    { centers: 'sample_rate = 40%, chunk = 6 rows', train: 'label_smoothing = 0.2' },
  ],
  ['several centers of a class', 'bf16', { centers: 'per_class = 3' }],
  [
    'a filtered sample',
    'f16',
    { centers: 'sample_rate = 40%', margin: 'cosface(m: 0.4, scale: 16) |> interclass_filter(threshold: 0.3)' },
  ],
  ['a sigmoid', 'f32', { margin: 'one_versus_all()' }],
  [
    'a sigmoid of a sample in chunks',
    'f32',
    { margin: 'one_versus_all()', centers: 'sample_rate = 40%, chunk = 6 rows' },
  ],
]

describeOnXla('on XLA', () => {
  const engineOf = xlaEngines([devices], 'cpu')

  test.each(settings)('%s in %s', async (_, precision, { train = '', ...setting }) => {
    const found = await both(engineOf(devices), { ...setting, train: `${train}\n precision = ${precision}` })
    expectNear(found, tolerances[precision])
  })

  test('two runs have the same bits', async () => {
    const text = textOf('reduce', {})
    const [one, other] = [
      await runOf(text, { engine: engineOf(devices), steps: STEPS }),
      await runOf(text, { engine: engineOf(devices), steps: STEPS }),
    ]
    expect(one.metrics).toEqual(other.metrics)
    expect(one.state).toEqual(other.state)
  })
})

test.each(settings.filter(([, precision]) => precision === 'f32'))(
  '%s in %s on TensorFlow.js',
  async (_, precision, setting) => {
    const engine = await createTfjsEngine({ world: oneProcess(devices), backend: 'cpu' })
    expectNear(await both(engine, setting), tolerances[precision])
    expect(engine.alive).toBe(0)
    engine.dispose()
  },
)
