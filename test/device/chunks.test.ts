/** The head in chunks is the head in one piece, whatever is stored in whatever type, and a sparse update touches nothing else. */
import { describe, expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { compileStep } from '../../runtime/train/programs.ts'
import { narrowPlan, narrowText } from '../helpers/narrow.ts'
import { metricOf, type Run, runOf, seriesDifference, stateDifferences, stateOf } from '../helpers/run.ts'
import { describeOnXla, withXla, xlaEngines } from '../helpers/xla.ts'

const classes = 53
/** What comes before the head doesn't matter to it, and this is quick to compile. */
const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(24) { input |> flatten |> linear(24) as fc |> batch_norm as norm }`

/** So slow that rounding errors do not grow. */
const optimizer = 'sgd(lr: 0.01, momentum: 0.9, weight_decay: 5e-4)'

const optionsOf = (devices: number, centers: string) => ({
  batch: 4,
  classes,
  devices,
  centers,
  optimizer,
  declarations,
  backbone: 'flat()',
})

describeOnXla('the head in chunks', () => {
  const engineOf = xlaEngines([1, 2])
  const runOn = (devices: number, centers: string) =>
    runOf(narrowText(optionsOf(devices, centers)), { engine: engineOf(devices), steps: 5 })

  test.each([
    ['shard', 1, 'chunk = 5 rows'],
    ['shard', 2, 'chunk = 5 rows'],
    ['replicate', 2, 'chunk = 5 rows'],
    ['shard', 2, 'chunk = 7 rows, sample_rate = 30%'],
    ['replicate', 2, 'chunk = 7 rows, sample_rate = 30%'],
  ])(
    '%s on %i devices, %s: five losses equal those in one piece to 1e-5, the state to rounding',
    async (placement, devices, chunk) => {
      const c = await runOn(devices, `placement = ${placement}, ${chunk}`)
      const a = await runOn(devices, `placement = ${placement}, ${chunk.replace(/chunk = \d+ rows(, )?/, '')}`)
      expect(seriesDifference(metricOf(c, 'loss'), metricOf(a, 'loss'))).toBeLessThan(1e-5)
      expect(stateDifferences(a.plan, c.state, a.state, 5e-5)).toEqual([])
    },
  )
})

describeOnXla('a sample of the classes', () => {
  const engineOf = xlaEngines([2])
  const stepOf = (centers: string) => runOf(narrowText(optionsOf(2, centers)), { engine: engineOf(2), steps: 1 })

  /** Rows of a table that changed in a step, by device. */
  const changed = ({ plan, ...trained }: Run, name: string) =>
    plan.shards.map((shard, r) => {
      const [before, after] = [trained.initial, trained.state].map((state) => stateOf(plan, state, name, r))
      const width = need(before?.shape[1], 'a width')
      const row = (tensor: typeof before, i: number) => {
        const data = need(tensor, 'a table').data.subarray(i * width, (i + 1) * width)
        return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      }
      return Array.from({ length: shard.count }, (_, i) => i).filter((i) => !row(before, i).equals(row(after, i)))
    })

  test.each([
    ['shard', 'f32', 'f32', ''],
    ['shard', 'bf16', 'int8', ''],
    ['shard', 'f32', 'f32', 'chunk = 4 rows'],
    ['replicate', 'f32', 'bf16', ''],
  ])('%s, %s, %s %s: a sparse update touches the rows of the sample only, bit for bit', async (...given) => {
    const [placement, weights, state, chunk] = given
    const centers = `placement = ${placement}, sample_rate = 20%, weights = ${weights}, state = ${state}`
    const run = await stepOf(chunk === '' ? centers : `${centers}, ${chunk}`)
    const rows = changed(run, 'centers')
    const total = rows.reduce((sum, own) => sum + own.length, 0) / (placement === 'replicate' ? 2 : 1)
    // ⌊20% of 53⌋, one more by the stratification, and the classes of the batch that were not drawn.
    expect(total).toBeGreaterThanOrEqual(10)
    expect(total).toBeLessThanOrEqual(11 + 8)
    if (placement === 'replicate') expect(rows[0]).toEqual(rows[1])
    expect(changed(run, 'centers.velocity')).toEqual(rows)
    if (state === 'int8') expect(changed(run, 'centers.velocity.factor')).toEqual(rows)
  })

  test('a dense update decays and moves the other rows too', async () => {
    const run = await stepOf('sample_rate = 20%, update = dense')
    expect(changed(run, 'centers').flat().length).toBe(classes)
  })
})

describeOnXla('tables of centers', () => {
  const many = 20_000
  const table = 4 * many * 24

  test.each([
    ['sgd(lr: 0.01, momentum: 0.9, weight_decay: 5e-4)', ''],
    ['adamw(lr: 0.01)', ''],
    ['lamb(lr: 0.01)', ''],
    ['sgd(lr: 0.01, momentum: 0.9)', ', weights = bf16, state = int8'],
    ['adamw(lr: 0.01)', ', weights = bf16, state = bf16'],
    ['sgd(lr: 0.01, momentum: 0.9)', ', per_class = 2'],
    ['adamw(lr: 0.01)', ', sample_rate = 50%'],
    ['sgd(lr: 0.01, momentum: 0.9)', ', sample_rate = 50%, weights = bf16, state = int8'],
  ])('%s%s: the step copies none of them', async (optimizer, more) => {
    const centers = `chunk = 500 rows${more}`
    const plan = narrowPlan({ ...optionsOf(1, centers), classes: many, optimizer })
    const memory = await withXla(1, async (engine) => {
      const step = await compileStep(engine, plan)
      step.dispose()
      return step.memory
    })
    const narrowest = more.includes('int8') && !more.includes('sample') ? table / 4 : table / 2
    // A chunk is a fortieth of a table; the numbers of a sample's rows are a third.
    expect(need(memory, 'figures').temporaries).toBeLessThan(narrowest)
  })
})

describe('rows that fill up the last chunk', () => {
  test('are part of the tables where all classes take part', () => {
    const plan = narrowPlan(optionsOf(2, 'chunk = 5 rows'))
    const centers = need(
      plan.state.find((spec) => spec.name === 'centers'),
      'the centers',
    )
    expect(plan.shards.map((shard) => shard.count)).toEqual([27, 26])
    expect(centers.shape).toEqual([30, 24])
  })
})
