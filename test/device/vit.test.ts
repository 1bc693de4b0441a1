/**
 * A narrow vision transformer, with patch masks and drop path, on both engines. `recompute.test.ts` recomputes its blocks on two
 * devices.
 */
import { expect, test } from 'vitest'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import { need } from '../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowBatch, narrowText } from '../helpers/narrow.ts'
import { metricOf, type RunOptions, runOf, tensorDifference } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

const narrowVit = (batch: number, optimizer: string, train = '') =>
  narrowText({
    devices: 1,
    batch,
    classes: 13,
    optimizer,
    train,
    backbone: 'vit(width: 16, depth: 2, heads: 2, patch: 14, drop: 0.2, mask: 25%, embedding: 24)',
  })

/** The batch of the first step in every step; only the step's number, which comes last, goes on. */
const firstBatch: RunOptions['batch'] = (plan, step) =>
  narrowBatch(plan, 0).map((own) => [...own.slice(0, -1), { dtype: 'i32', shape: [], data: Int32Array.of(step) }])

describeOnXla('a narrow vision transformer', () => {
  const engineOf = xlaEngines([1])

  test('learns the same eight images by heart, in bf16', async () => {
    const text = narrowVit(8, 'adamw(lr: 0.005, weight_decay: 0.1)', 'precision = bf16')
    const run = await runOf(text, { engine: engineOf(1), steps: 20, batch: firstBatch })
    const losses = metricOf(run, 'loss')
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(run.state.flat().every((tensor) => Array.from(tensor.data).every(Number.isFinite))).toBe(true)
    expect(mean(losses.slice(-5))).toBeLessThan(0.6 * mean(losses.slice(0, 5)))
  })

  test('both engines agree on losses, gradient norms and the state after two steps', async () => {
    const text = narrowVit(4, 'sgd(lr: 0.05)')
    const xla = await runOf(text, { engine: engineOf(1), steps: 2 })
    const tfjs = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
    const other = await runOf(text, { engine: tfjs, steps: 2 })
    tfjs.dispose()
    for (const [step, metrics] of xla.metrics.entries())
      metrics.forEach((value, i) => {
        // A flag that is 0 must be 0 on both.
        expect(Math.abs(value - need(other.metrics[step]?.[i], 'a metric'))).toBeLessThanOrEqual(1e-3 * Math.abs(value))
      })
    const far = xla.plan.state.flatMap((spec, i) =>
      xla.state.flatMap((own, replica) => {
        const difference = tensorDifference(need(own[i], 'a tensor'), need(other.state[replica]?.[i], 'a tensor'))
        return difference < 1e-3 ? [] : [`${spec.name} on replica ${replica}: ${difference.toExponential(1)}`]
      }),
    )
    expect(far).toEqual([])
  })

  test('trains in f16', async () => {
    const text = narrowVit(4, 'adamw(lr: 0.001)', 'precision = f16')
    const { metrics, state } = await runOf(text, { engine: engineOf(1), steps: 12 })
    const [loss, skipped] = [stepMetrics.indexOf('loss'), stepMetrics.indexOf('skipped')]
    expect(metrics.map((step) => step[loss]).every(Number.isFinite)).toBe(true)
    expect(state.flat().every((tensor) => Array.from(tensor.data).every(Number.isFinite))).toBe(true)
    // The loss scale begins high and comes down until nothing overflows.
    expect(metrics.at(-1)?.[skipped]).toBe(0)
  })
})
