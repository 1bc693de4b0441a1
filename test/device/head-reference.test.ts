/**
 * One whole training step against plain loops in double precision: loss, gradients, new centers and their optimizer's state, with and
 * without a sample, on one device and two, in one piece and in chunks.
 */
import { describe, expect, test } from 'vitest'
import { type DeviceKind, deviceKinds } from '../../compiler/ir/device-kind.ts'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { coveringRows } from '../helpers/covering-rows.ts'
import type { MarginNumbers, Matrix, OptimizerNumbers } from '../helpers/head-reference.ts'
import {
  giveStep,
  LR,
  linearPlan,
  type Named,
  namedTables,
  type StepCase,
  type StepLayout,
  solveStep,
} from '../helpers/linear-step.ts'
import { openOnEngine } from '../helpers/run-graph.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

/** Of f32, some ten times what is seen: AdamW's square roots have 2e-5, all else 1e-5. */
const TOLERANCE = 2e-4

const plain = { m1: 1, m2: 0, m3: 0, scale: 16, filter: undefined }
const margins: readonly Named<MarginNumbers>[] = [
  { text: 'cosface(m: 0.4, scale: 16)', numbers: { ...plain, m3: 0.4 } },
  { text: 'arcface(m: 0.5 rad, scale: 16)', numbers: { ...plain, m2: 0.5 } },
  {
    text: 'combined(m1: 1.1, m2: 0.2 rad, m3: 0.1, scale: 16)',
    numbers: { ...plain, m1: 1.1, m2: 0.2, m3: 0.1 },
  },
  {
    text: 'arcface(m: 0.5 rad, scale: 16) |> interclass_filter(threshold: 0.3)',
    numbers: { ...plain, m2: 0.5, filter: 0.3 },
  },
]

const optimizers: readonly Named<OptimizerNumbers>[] = [
  {
    text: `sgd(lr: ${LR}, momentum: 0.9, weight_decay: 0.01)`,
    numbers: { kind: 'sgd', momentum: 0.9, decay: 0.01 },
  },
  {
    text: `adamw(lr: ${LR}, weight_decay: 0.1)`,
    numbers: { kind: 'adamw', beta1: 0.9, beta2: 0.999, decay: 0.1 },
  },
]

async function check(engine: Engine, c: StepCase, layout: StepLayout) {
  const plan = linearPlan(c, layout)
  const { given, batch } = giveStep(plan, c)
  const before = new Map([
    ...namedTables('fc.weight', given.layer.weight),
    ...namedTables('fc.bias', given.layer.bias),
    ...namedTables('centers', given.centers),
  ])
  const inputs = batch.map((own, replica) => [
    ...plan.state.map(({ name, role, shape }): HostTensor => {
      const matrix = need(before.get(name), name)
      const { start, count } = need(plan.shards[replica], 'a shard')
      const rows = role.startsWith('centers') ? matrix.slice(start, start + count) : matrix
      // What fills up the table would show if it took part.
      const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(0.5)
      data.set(rows.flat())
      return { dtype: 'f32', shape, data }
    }),
    ...own,
  ])
  const opened = await openOnEngine(engine)(plan.graphs.step)
  const outputs = await opened.run(inputs)
  opened.close()

  const expected = solveStep(c, given)
  const metric = (name: (typeof stepMetrics)[number]) =>
    need(outputs[0]?.[plan.state.length]?.data[stepMetrics.indexOf(name)], name)
  expect(metric('rate')).toBe(Math.fround(LR))
  expect(Math.abs(metric('loss') / expected.head.loss - 1)).toBeLessThan(5e-6)
  expect(Math.abs(metric('gradient_norm') / expected.norm - 1)).toBeLessThan(1e-5)
  const after = [
    ...namedTables('fc.weight', expected.weight),
    ...namedTables('fc.bias', expected.bias),
    ...namedTables('centers', expected.head.centers),
  ]
  for (const [name, wanted] of after) {
    const index = plan.state.findIndex((spec) => spec.name === name)
    const width = need(wanted[0], 'a row').length
    const isSharded = plan.state[index]?.placement === 'sharded'
    outputs.forEach((own, replica) => {
      const { start, count } = isSharded ? need(plan.shards[replica], 'a shard') : { start: 0, count: wanted.length }
      const data = Array.from(need(own[index], name).data)
      const rows = Array.from({ length: count }, (_, r) => data.slice(r * width, (r + 1) * width))
      const part = wanted.slice(start, start + count)
      const off = largestChange(rows, part, need(before.get(name), name).slice(start))
      expect(off, `${name} on device ${replica}`).toBeLessThan(TOLERANCE)
    })
  }
}

/** The largest difference of the change of an element, as a part of the largest change. */
function largestChange(rows: Matrix, wanted: Matrix, before: Matrix): number {
  expect(rows.length).toBe(wanted.length)
  const pairs = wanted.flatMap((row, r) =>
    row.map((value, i) => ({
      off: Math.abs((rows[r]?.[i] ?? Number.NaN) - value),
      moved: Math.abs(value - (before[r]?.[i] ?? 0)),
    })),
  )
  const largest = (pick: (pair: (typeof pairs)[number]) => number) =>
    pairs.reduce((most, pair) => Math.max(most, pick(pair)), 0)
  return (
    largest((pair) => (Number.isNaN(pair.off) ? Number.POSITIVE_INFINITY : pair.off)) / largest((pair) => pair.moved)
  )
}

interface Row extends StepCase {
  readonly pieces: 'on one device' | 'in one piece on two' | 'in chunks on two'
  readonly placement: StepLayout['placement']
  readonly kind: DeviceKind
}

/** Without a sample the two updates are one; one device has one placement, and the two forms of its head do not differ. */
const isOfItsOwn = ({ isSampled, update, pieces, placement, kind }: Row) =>
  (isSampled || update === 'sparse') && (pieces !== 'on one device' || (placement === 'shard' && kind === 'cpu'))

const all = margins.flatMap((margin) =>
  optimizers.flatMap((optimizer) =>
    (['exact', 'straight_through'] as const).flatMap((gradient) =>
      (['sparse', 'dense'] as const).flatMap((update) =>
        [true, false].flatMap((isSampled) =>
          (['on one device', 'in one piece on two', 'in chunks on two'] as const).flatMap((pieces) =>
            (['shard', 'replicate'] as const).flatMap((placement) =>
              deviceKinds
                .map((kind): Row => ({ margin, optimizer, gradient, update, isSampled, pieces, placement, kind }))
                .filter(isOfItsOwn),
            ),
          ),
        ),
      ),
    ),
  ),
)

/** Each row compiles a program, which takes a second: any three settings meet in one, not all eight in every way. */
const rows = coveringRows(all, 3)

/** Smoothed labels over a sample: the number of classes in the step differs between devices and steps. */
const smoothed: readonly Row[] = (['shard', 'replicate'] as const).map((placement) => ({
  margin: need(margins[1], 'a margin'),
  optimizer: need(optimizers[0], 'an optimizer'),
  gradient: 'exact',
  update: 'sparse',
  isSampled: true,
  smoothing: 0.2,
  pieces: placement === 'shard' ? 'in chunks on two' : 'in one piece on two',
  placement,
  kind: 'cpu',
}))

const layoutOf = ({ pieces, placement, kind }: Row): StepLayout => ({
  devices: pieces === 'on one device' ? 1 : 2,
  placement,
  chunk: pieces === 'in chunks on two' ? ', chunk = 13 rows' : '',
  kind,
})

const titled = (own: readonly Row[]) =>
  own.map((row) => {
    const { margin, gradient, update, optimizer, isSampled, smoothing, pieces, placement } = row
    const sample = `${isSampled ? 'a sample' : 'all'}${smoothing === undefined ? '' : ', smoothed'}`
    const head = `${margin.text}, ${gradient}, ${update}, ${optimizer.text}, ${sample}`
    return [`${head}: ${pieces}, ${placement}`, row] as const
  })

describe.each(deviceKinds)('a step planned and written for %s', (kind) => {
  describeOnXla('on XLA', () => {
    const engineOf = xlaEngines([1, 2], kind)
    const own = rows.filter((row) => row.kind === kind)

    test.each(titled(own))('%s', (_, row) => check(engineOf(layoutOf(row).devices), row, layoutOf(row)))
  })
})

describe('a step on TensorFlow.js', () => {
  const own = rows.filter(({ kind, pieces, isSampled }) => kind === 'cpu' && pieces.includes('chunks') && isSampled)

  test.each(titled([...own.slice(0, 2), ...smoothed]))('%s', async (_, row) => {
    const engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
    await check(engine, row, layoutOf(row))
    expect(engine.alive).toBe(0)
    engine.dispose()
  })
})
