/**
 * 16-bit products and 16-bit centers: one device and two that work in chunks give the same steps. What a step computes in f32 is held
 * against double precision in `head-reference.test.ts`.
 */
import { expect, test } from 'vitest'
import { type DeviceKind, deviceKinds } from '../../compiler/ir/device-kind.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { XlaEngine } from '../../runtime/xla/engine.ts'
import { coveringRows } from '../helpers/covering-rows.ts'
import { numbersOf } from '../helpers/host-tensor.ts'
import { narrowText } from '../helpers/narrow.ts'
import { type Edit, metricOf, type Run, runOf, seriesDifference, stateOf } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

const ROWS = 8
const STEPS = 2
const classes = 37

/** No statistics of the batch, so that the number of devices can change nothing, and quick to compile. */
const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(8) {
  input |> flatten |> linear(8) as fc
}`

const arcface = 'arcface(m: 0.5 rad, scale: 16)'
const filtered = `${arcface} |> interclass_filter(threshold: 0.3)`

interface Case {
  /** What is rounded: products of 16 bits, or stored centers. */
  readonly rounding: keyof typeof tolerances
  readonly placement: 'shard' | 'replicate'
  readonly update: 'sparse' | 'dense'
  readonly kind: DeviceKind
}

/** Chunks that do not divide the rows of two devices. */
const cut = 'chunk = 6 rows, '

interface Tolerance {
  /** Largest relative difference of the losses, and of the gradient norms. */
  readonly loss: number
  readonly norm: number
  /** Largest difference of an element of the centers' tables, as a part of the largest in its row. */
  readonly tables: number
  /** The part of those elements that may differ at all. */
  readonly unequal: number
}

/** Rounding alone: five to thirty times what is seen. */
const tolerances = {
  f16: { loss: 5e-4, norm: 3e-3, tables: 3e-2, unequal: 1 },
  bf16: { loss: 5e-3, norm: 2e-2, tables: 0.2, unequal: 1 },
  // The same random numbers round everywhere; a few elements lie so close to their threshold that they go the other way, by 2^-7.
  stored: { loss: 1e-4, norm: 1e-4, tables: 2 ** -6, unequal: 0.05 },
} as const satisfies Record<string, Tolerance>

const centersOf = ({ rounding, update }: Case) =>
  [
    `gradient = ${update === 'sparse' || rounding === 'stored' ? 'exact' : 'straight_through'}`,
    `update = ${update}, sample_rate = 40%`,
    ...(rounding === 'stored' ? ['state = bf16, weights = bf16'] : []),
  ].join(', ')

const marginOf = ({ rounding, update }: Case) => (update === 'sparse' || rounding === 'stored' ? arcface : filtered)

/** Any three of the settings meet. */
const cases = coveringRows(
  (['stored', 'f16', 'bf16'] as const).flatMap((rounding) =>
    (['shard', 'replicate'] as const).flatMap((placement) =>
      (['sparse', 'dense'] as const).flatMap((update) =>
        deviceKinds.map((kind): Case => ({ rounding, placement, update, kind })),
      ),
    ),
  ),
  3,
)

/** A loss scale at which the gradients of f16 fit. */
const fitting: Edit = (name, tensor) =>
  name === 'loss_scale.factor' ? { ...tensor, data: Float32Array.of(64) } : undefined

describeOnXla('heads', () => {
  const engines = { cpu: xlaEngines([1, 2], 'cpu'), cuda: xlaEngines([1, 2], 'cuda') }

  test.each(cases)('$rounding, $placement, $update, planned and written for $kind', async (own) => {
    const engineOf = engines[own.kind]
    const tolerance = tolerances[own.rounding]
    const single = await trainOn(engineOf(1), own, '')
    const other = await trainOn(engineOf(2), own, `placement = ${own.placement}, ${cut}`)
    const losses = metricOf(single, 'loss')
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(losses[1]).not.toBe(losses[0])
    const apart = (metric: 'loss' | 'gradient_norm') =>
      seriesDifference(metricOf(other, metric), metricOf(single, metric))
    expect(apart('loss')).toBeLessThan(tolerance.loss)
    expect(apart('gradient_norm')).toBeLessThan(tolerance.norm)
    for (const name of tableNames(single.plan)) {
      const { largest, unequal } = compareRows(rowsOf(other, name), rowsOf(single, name))
      expect(largest, name).toBeLessThan(tolerance.tables)
      expect(unequal, name).toBeLessThanOrEqual(tolerance.unequal)
    }
  })
})

function trainOn(engine: XlaEngine, own: Case, more: string): Promise<Run> {
  const devices = engine.world.local
  const text = narrowText({
    devices,
    kind: engine.platform,
    batch: ROWS / devices,
    classes,
    centers: more + centersOf(own),
    margin: marginOf(own),
    optimizer:
      own.rounding === 'stored'
        ? 'adamw(lr: 0.01, weight_decay: 0.1)'
        : 'sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)',
    declarations,
    backbone: 'flat()',
    train: `precision = ${own.rounding === 'stored' ? 'f32' : own.rounding}`,
  })
  return runOf(text, { engine, steps: STEPS, edit: fitting })
}

function tableNames(plan: Plan): string[] {
  return plan.state.filter(({ role }) => role.startsWith('centers')).map(({ name }) => name)
}

/** A table's rows of all classes; rows that only fill up a device or a chunk are left out. */
function rowsOf({ plan, state }: Run, name: string): number[][] {
  const isWhole = plan.shards[0]?.count === classes
  return plan.shards.slice(0, isWhole ? 1 : undefined).flatMap((shard, replica) => {
    const table = stateOf(plan, state, name, replica)
    const width = need(table.shape[1], 'a width')
    const all = numbersOf(table)
    return Array.from({ length: shard.count }, (_, row) => all.slice(row * width, (row + 1) * width))
  })
}

/** The largest difference of an element, as a part of the largest in its row, and how many differ, as a part of all. */
function compareRows(a: readonly (readonly number[])[], b: readonly (readonly number[])[]) {
  expect(a.length).toBe(classes)
  expect(b.length).toBe(classes)
  const ratios = a.flatMap((row, r) => {
    const scale = Math.max(Number.MIN_VALUE, ...row.map(Math.abs))
    return row.map((value, i) => Math.abs(value - (b[r]?.[i] ?? Number.NaN)) / scale)
  })
  return { largest: Math.max(...ratios), unequal: ratios.filter((ratio) => ratio !== 0).length / ratios.length }
}
