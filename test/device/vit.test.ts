/** A narrow vision transformer, with patch masks and drop path, on both engines. */
import { expect, test } from 'vitest'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowBatch, narrowPlan, tensorDifference, trainNarrow } from '../helpers/narrow.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const narrowVit = (devices: number, batch: number, optimizer: string, train = '') =>
  narrowPlan({
    devices,
    batch,
    classes: 13,
    optimizer,
    train,
    backbone: 'vit(width: 32, depth: 2, heads: 4, patch: 28, drop: 0.2, mask: 25%, embedding: 24)',
  })

/** The loss of every step on the same batch. */
async function lossesOfOneBatch(engine: Engine, plan: Plan, steps: number): Promise<number[]> {
  const init = await engine.compile(plan.graphs.init)
  const step = await engine.compile(plan.graphs.step)
  const losses: number[] = []
  let [state = []] = await init.run([[]])
  for (let index = 0; index < steps; index++) {
    const [images, labels, flip] = need(narrowBatch(plan, 0)[0], 'a batch')
    const at: HostTensor = { dtype: 'i32', shape: [], data: Int32Array.of(index) }
    const batch = await Promise.all([images, labels, flip, at].map((t) => engine.upload(0, need(t, 'an input'))))
    const [outputs = []] = await step.run([[...state, ...batch]])
    const { data } = await need(outputs[plan.state.length], 'metrics').read()
    losses.push(data[stepMetrics.indexOf('loss')] ?? Number.NaN)
    for (const tensor of [...state, ...batch, ...outputs.slice(plan.state.length)]) tensor.dispose()
    state = outputs.slice(0, plan.state.length)
  }
  for (const tensor of state) tensor.dispose()
  init.dispose()
  step.dispose()
  return losses
}

describeOnXla('a narrow vision transformer', () => {
  test('learns the same eight images by heart', async () => {
    const plan = narrowVit(1, 8, 'adamw(lr: 0.002, weight_decay: 0.1)')
    const losses = await withXla(1, (engine) => lossesOfOneBatch(engine, plan, 20))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(mean(losses.slice(-5))).toBeLessThan(0.6 * mean(losses.slice(0, 5)))
  })

  test('both engines agree on losses, gradient norms and the state after two steps', async () => {
    const plan = narrowVit(1, 4, 'sgd(lr: 0.05)')
    const xla = await withXla(1, (engine) => trainNarrow(engine, plan, 2))
    const tfjs = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
    const other = await trainNarrow(tfjs, plan, 2)
    tfjs.dispose()
    for (const [step, metrics] of xla.metrics.entries())
      metrics.forEach((value, i) => {
        // A flag that is 0 must be 0 on both.
        expect(Math.abs(value - need(other.metrics[step]?.[i], 'a metric'))).toBeLessThanOrEqual(1e-3 * Math.abs(value))
      })
    const far = plan.state.flatMap((spec, i) =>
      xla.state.flatMap((own, replica) => {
        const difference = tensorDifference(need(own[i], 'a tensor'), need(other.state[replica]?.[i], 'a tensor'))
        return difference < 1e-3 ? [] : [`${spec.name} on replica ${replica}: ${difference.toExponential(1)}`]
      }),
    )
    expect(far).toEqual([])
  })

  test('computes blocks again with the same numbers drawn', async () => {
    const [kept, again] = await Promise.all(
      ['none', 'blocks'].map(async (recompute) => {
        const plan = narrowVit(2, 4, 'sgd(lr: 0.05)', `recompute = ${recompute}`)
        return (await withXla(2, (engine) => trainNarrow(engine, plan, 2))).metrics
      }),
    )
    kept?.flat().forEach((value, i) => {
      expect(again?.flat()[i]).toBeCloseTo(value, 4)
    })
    expect(kept?.flat().length).toBeGreaterThan(0)
  })

  test.each(['f16', 'bf16'])('trains in %s', async (precision) => {
    const plan = narrowVit(1, 4, 'adamw(lr: 0.001)', `precision = ${precision}`)
    const { metrics, state } = await withXla(1, (engine) => trainNarrow(engine, plan, 8))
    const [loss, skipped] = [stepMetrics.indexOf('loss'), stepMetrics.indexOf('skipped')]
    expect(metrics.map((step) => step[loss]).every(Number.isFinite)).toBe(true)
    expect(state.flat().every((tensor) => Array.from(tensor.data).every(Number.isFinite))).toBe(true)
    // The loss scale begins high and comes down until nothing overflows.
    expect(metrics.at(-1)?.[skipped]).toBe(0)
  })
})
