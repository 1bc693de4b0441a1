/** Optimizers with norms update each class by its own, however the centers are spread. */
import { expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowText } from '../helpers/narrow.ts'
import { metricOf, runOf, seriesDifference, stateOf } from '../helpers/run.ts'

const classes = 11
const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(8) {
  input |> flatten |> linear(8) as fc
}`

/** The losses of three steps, and the rows of the centers after them. */
async function trained(devices: number, optimizer: string, centers: string) {
  const text = narrowText({
    devices,
    batch: 8 / devices,
    classes,
    declarations,
    backbone: 'flat()',
    centers: `optimizer = ${optimizer}, ${centers}`,
  })
  const engine = await createTfjsEngine({ world: oneProcess(devices), backend: 'cpu' })
  const run = await runOf(text, { engine, steps: 3 })
  engine.dispose()
  const isWhole = run.plan.shards[0]?.count === classes
  const rows = run.plan.shards.slice(0, isWhole ? 1 : undefined).flatMap(({ count }, replica) => {
    const { data } = stateOf(run.plan, run.state, 'centers', replica)
    return [...data.subarray(0, count * need(run.plan.state.at(-1)?.shape[1], 'a width'))]
  })
  return { losses: metricOf(run, 'loss'), rows }
}

test.each([
  ['lars(lr: 20, weight_decay: 0.01, trust: 0.1)', 'placement = replicate, chunk = 3 rows'],
  ['lars(lr: 20, weight_decay: 0.01, trust: 0.1)', 'chunk = 3 rows, sample_rate = 50%, update = dense'],
  ['lamb(lr: 0.1)', 'chunk = 4 rows'],
  ['lamb(lr: 0.1)', 'sample_rate = 50%'],
])('%s, %s', async (optimizer, centers) => {
  const sampling = centers.split(', ').filter((entry) => /^(sample|update)/.test(entry))
  const one = await trained(1, optimizer, sampling.join(', '))
  const two = await trained(2, optimizer, centers)
  expect(seriesDifference(two.losses, one.losses)).toBeLessThan(1e-5)
  expect(one.rows).toHaveLength(classes * 8)
  const apart = one.rows.map((value, i) => Math.abs(value - need(two.rows[i], 'a number')))
  expect(Math.max(...apart)).toBeLessThan(1e-5)
})
