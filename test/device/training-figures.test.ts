/** Optimizers, averages and schedules against PyTorch's figures (`test/fixtures/training/figures.py`), on the reference and both engines. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph, Value } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { averageDecay, averaged } from '../../compiler/step/average.ts'
import { need } from '../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { numbersOf } from '../helpers/host-tensor.ts'
import { resolveBody } from '../helpers/resolve.ts'
import { type OpenOn, openOnEngine, openOnReference } from '../helpers/run-graph.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

type Rows = readonly (readonly number[])[]
type Named<T> = Readonly<Record<string, T>>

interface Figures {
  readonly shapes: Named<readonly number[]>
  readonly start: Named<readonly number[]>
  readonly gradients: Named<Rows>
  readonly optimizers: Named<Named<Rows>>
  /** Of a matrix whose rows are classes. */
  readonly classes: Named<Rows>
  readonly averages: Named<Rows>
  readonly schedules: Named<readonly number[]>
  readonly total: number
  readonly epoch: number
}

const figures: Figures = JSON.parse(readFileSync(new URL('../fixtures/training/figures.json', import.meta.url), 'utf8'))

/** Steps at which the factors of schedules are computed on the device: both sides of every bend. */
const moments = [0, 1, 4, 5, 6, 19, 20, 25, 34, 35, 49]

function experiment(body: string): Experiment {
  return need(resolveBody(body).experiment, body)
}

const optimizers = Object.entries(figures.optimizers).map(([text, own]) => {
  const wanted: Named<Rows> = { ...own, classes: need(figures.classes[text], text) }
  const { optimizer } = experiment(`train.optimizer = ${text}`)
  return { text, wanted, optimizer }
})
const averages = Object.entries(figures.averages).map(([text, wanted]) => {
  const { train } = experiment(`train.average = ${text}`)
  return { text, wanted, average: need(train.average, text) }
})
const schedules = Object.entries(figures.schedules).map(([text, wanted]) => {
  const { schedule } = experiment(`train.schedule = ${text}`)
  return { text, wanted, schedule }
})

/** Everything as one graph; `wanted` are its outputs in order. */
function buildAll(): {
  readonly graph: Graph
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[]
  readonly wanted: readonly { readonly name: string; readonly data: readonly number[] }[]
} {
  const b = new GraphBuilder('training', 1)
  const inputs: { shape: readonly number[]; data: readonly number[] }[] = []
  const input = (name: string, shape: readonly number[], data: readonly number[]) => {
    inputs.push({ shape, data })
    return b.input(name, { dtype: 'f32', shape })
  }
  const wanted: { name: string; data: readonly number[] }[] = []
  const outputs: { name: string; value: Value }[] = []
  const expectValue = (name: string, value: Value, data: readonly number[]) => {
    outputs.push({ name, value })
    wanted.push({ name, data })
  }
  const counts = need(figures.gradients.matrix, 'gradients').map((_, i) => input(`count ${i}`, [], [i + 1]))
  const weights = Object.entries(figures.shapes).map(([name, shape]) => ({
    name,
    start: input(name, shape, need(figures.start[name], name)),
    gradients: need(figures.gradients[name], name).map((g, i) => input(`${name} ${i}`, shape, g)),
  }))
  const matrix = need(weights[0], 'a matrix')
  const layers = [
    ...weights.map((weight) => ({ ...weight, norms: 'whole' as const })),
    { ...matrix, name: 'classes', norms: 'rows' as const },
  ]
  for (const { text, wanted: rows, optimizer } of optimizers)
    for (const { name, start, gradients, norms } of layers) {
      let weight = start
      let states: ReadonlyMap<string, Value> = new Map(
        optimizer.states.map((state) => [state.name, ops.splat(b, state.initial, start.type)]),
      )
      for (const [i, gradient] of gradients.entries()) {
        const operands = {
          weight,
          gradient,
          states,
          rate: ops.scalar(b, optimizer.lr, 'f32'),
          step: need(counts[i], ''),
          norms,
        }
        const after = optimizer.update(b, operands)
        weight = after.weight
        states = after.states
        expectValue(`${text}, ${name} after ${i + 1}`, weight, need(rows[name]?.[i], text))
      }
    }
  for (const { text, wanted: rows, average } of averages) {
    let weight = matrix.start
    let value = matrix.start
    for (const [i, gradient] of matrix.gradients.entries()) {
      weight = ops.subtract(b, weight, ops.multiply(b, gradient, 0.5))
      value = averaged(b, averageDecay(b, average, need(counts[i], '')), value, weight)
      expectValue(`${text} after ${i + 1}`, value, need(rows[i], text))
    }
  }
  const steps = moments.map((moment) => input(`step ${moment}`, [], [moment]))
  for (const { text, wanted: factors, schedule } of schedules)
    for (const [i, moment] of moments.entries()) {
      const factor = schedule.factor(b, need(steps[i], 'a step'), figures.total, figures.epoch)
      expectValue(`${text} at ${moment}`, factor, [need(factors[moment], text)])
    }
  return { graph: b.finish(outputs), inputs, wanted }
}

/** f32 represents numbers of this size to 5e-7. */
async function check(open: OpenOn) {
  const { graph, inputs, wanted } = buildAll()
  const opened = await open(graph)
  const tensors = inputs.map(({ shape, data }) => ({ dtype: 'f32' as const, shape, data: Float32Array.from(data) }))
  const [outputs = []] = await opened.run([tensors])
  opened.close()
  for (const [i, { name, data }] of wanted.entries()) {
    const found = [...numbersOf(need(outputs[i], name))]
    expect(found.length, name).toBe(data.length)
    found.forEach((value, k) => {
      expect(Math.abs(value - need(data[k], name)), `${name}: ${value} for ${data[k]}`).toBeLessThan(1e-6)
    })
  }
}

describe('optimizers, averages and schedules give the figures of PyTorch', () => {
  test('on the reference', () => check(openOnReference))

  test('on TensorFlow.js', async () => {
    const engine = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
    await check(openOnEngine(engine))
    expect(engine.alive).toBe(0)
    engine.dispose()
  })

  test.each(schedules)('$text on the host', ({ schedule, wanted }) => {
    wanted.forEach((factor, step) => {
      expect(schedule.factorAt(step, figures.total, figures.epoch)).toBeCloseTo(factor, 12)
    })
  })
})

describeOnXla('the same on XLA', () => {
  const engineOf = xlaEngines([1], 'cpu')

  test('optimizers, averages and schedules', () => check(openOnEngine(engineOf(1))))
})
