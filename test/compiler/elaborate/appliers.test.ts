/** Margins, optimizers and schedules as graphs, on the reference evaluator, against their formulas. */
import { describe, expect, it } from 'vitest'
import type { Experiment } from '../../../compiler/experiment/experiment.ts'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { numbersOf } from '../../helpers/host-tensor.ts'
import { evaluate } from '../../helpers/reference.ts'
import { resolveBody } from '../../helpers/resolve.ts'

function experiment(body: string, declarations = ''): Experiment {
  return need(resolveBody(body, declarations).experiment, body)
}

interface Given {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** Runs a graph of f32 inputs on one replica; results by name. */
function run(
  inputs: Readonly<Record<string, Given>>,
  build: (b: GraphBuilder, values: Record<string, Value>) => Record<string, Value>,
) {
  const b = new GraphBuilder('test', 1)
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, b.input(name, { dtype: 'f32', shape })]),
  )
  const outputs = Object.entries(build(b, values)).map(([name, value]) => ({ name, value }))
  const tensors = Object.values(inputs).map(({ shape, data }) => ({
    dtype: 'f32' as const,
    shape,
    data: Float32Array.from(data),
  }))
  const [results = []] = evaluate(b.finish(outputs), [tensors])
  return Object.fromEntries(outputs.map(({ name }, i) => [name, [...numbersOf(need(results[i], name))]]))
}

const cosines = [-0.999, -0.6, 0, 0.3, 0.5, 0.95]
const close = (actual: readonly number[] | undefined, wanted: readonly number[]) => {
  expect(actual).toHaveLength(wanted.length)
  wanted.forEach((value, i) => {
    expect(actual?.[i]).toBeCloseTo(value, 5)
  })
}

describe('margins', () => {
  it.each<readonly [string, (cos: number) => number, number]>([
    ['arcface(m: 0.5 rad)', (c) => Math.cos(Math.acos(c) + 0.5), 64],
    ['arcface(m: 30 deg, scale: 32)', (c) => Math.cos(Math.acos(c) + Math.PI / 6), 32],
    ['cosface(m: 0.35, scale: 30)', (c) => c - 0.35, 30],
    ['combined(m1: 1.35, m2: 0.2 rad, m3: 0.1)', (c) => Math.cos(1.35 * Math.acos(c) + 0.2) - 0.1, 64],
    ['(arcface(m: 0.4 rad) |> interclass_filter(threshold: 0.4))', (c) => Math.cos(Math.acos(c) + 0.4), 64],
  ])('%s', (text, formula, scale) => {
    const { margin } = experiment(`  margin = ${text}`)
    expect(margin.scale).toBe(scale)
    const { y } = run({ cos: { shape: [2, 3], data: cosines } }, (b, { cos }) => ({
      y: margin.target(b, need(cos, 'cos')),
    }))
    close(y, cosines.map(formula))
  })

  it('leave the other classes alone unless they say otherwise', () => {
    expect(experiment('  margin = arcface').margin.other).toBeUndefined()
    const { margin } = experiment('  margin = cosface(m: 0.4) |> interclass_filter(0.4)')
    const other = need(margin.other, 'other')
    const { y } = run({ cos: { shape: [6], data: cosines } }, (b, { cos }) => ({ y: other(b, need(cos, 'cos')) }))
    close(
      y,
      cosines.map((c) => (c > 0.4 ? 0 : c)),
    )
  })

  it('may be a user’s own: a filter of another margin, a constant, a choice', () => {
    const own = `margin own(inner: margin, k: float = 2) {
  scale = inner.scale / k
  target(cos) { let moved = inner.target(cos)
    if moved > 0 and cos < 0.9 or not (cos > -0.9) then moved ** 2 else 1 }
  other(cos) = inner.other(cos) - 1 / k
}`
    const { margin } = experiment('  margin = cosface(m: 0.2) |> own', own)
    expect(margin.scale).toBe(32)
    const { y, z } = run({ cos: { shape: [6], data: cosines } }, (b, { cos }) => ({
      y: margin.target(b, need(cos, 'cos')),
      z: need(margin.other, 'other')(b, need(cos, 'cos')),
    }))
    const formula = (c: number) => ((c - 0.2 > 0 && c < 0.9) || !(c > -0.9) ? (c - 0.2) ** 2 : 1)
    close(y, cosines.map(formula))
    close(
      z,
      cosines.map((c) => c - 0.5),
    )
  })

  it('pass on what a method of an inner margin reads', () => {
    const own = `margin own(inner: margin) { target() = inner.target() - 1, other(cos) = inner.other(cos: 2 * cos) }`
    const { margin } = experiment('  margin = cosface(m: 0.2) |> interclass_filter(0.4) |> own', own)
    const { y, z } = run({ cos: { shape: [6], data: cosines } }, (b, { cos }) => ({
      y: margin.target(b, need(cos, 'cos')),
      z: need(margin.other, 'other')(b, need(cos, 'cos')),
    }))
    const filtered = (c: number) => (c > 0.4 ? 0 : c)
    close(
      y,
      cosines.map((c) => c - 1.2),
    )
    close(
      z,
      cosines.map((c) => filtered(2 * c)),
    )
  })

  it('stay finite in f32 at cosines of 1 and -1', () => {
    const { margin } = experiment('  margin = arcface(m: 0.5 rad)')
    const { y } = run({ cos: { shape: [2], data: [1, -1] } }, (b, { cos }) => ({
      y: margin.target(b, need(cos, 'cos')),
    }))
    expect(y?.[0]).toBeCloseTo(Math.cos(0.5), 2)
    expect(y?.[1]).toBeCloseTo(Math.cos(Math.PI + 0.5), 2)
  })
})

it('an optimizer reads by name, not by position', () => {
  const body = '  train.optimizer = swapped(lr: 1)'
  const { optimizer } = experiment(
    body,
    'optimizer swapped(lr: float) { update(rate, gradient, weight) = { weight = weight - rate * gradient } }',
  )
  const given = (value: number) => ({ shape: [], data: [value] })
  const { weight } = run({ weight: given(5), gradient: given(2), rate: given(0.5), step: given(1) }, (b, v) => {
    const at = (name: string) => need(v[name], name)
    const operands = { weight: at('weight'), gradient: at('gradient'), rate: at('rate'), step: at('step') }
    return { weight: optimizer.update(b, { ...operands, states: new Map(), norms: 'whole' }).weight }
  })
  expect(weight).toEqual([4])
})

/** `steps` updates with given gradients of one weight that starts at 1, with velocity and moments at 0. */
function descend(optimizer: string, rate: number, gradients: readonly number[]): readonly number[] {
  const { optimizer: resolved } = experiment(`  train.optimizer = ${optimizer}`)
  let state = {
    weight: 1,
    ...Object.fromEntries(resolved.states.map(({ name, initial }) => [name, initial])),
  } as Record<string, number>
  return gradients.map((gradient, i) => {
    const scalar = (value: number) => ({ shape: [], data: [value] })
    const inputs = Object.fromEntries(
      Object.entries(state).map(([name, value]) => [name, { shape: [1], data: [value] }]),
    )
    const results = run(
      { ...inputs, gradient: { shape: [1], data: [gradient] }, rate: scalar(rate), step: scalar(i + 1) },
      (b, v) => {
        const states = new Map(resolved.states.map(({ name }) => [name, need(v[name], name)]))
        const at = (name: string) => need(v[name], name)
        const updated = resolved.update(b, {
          weight: at('weight'),
          gradient: at('gradient'),
          rate: at('rate'),
          step: at('step'),
          states,
          norms: 'whole',
        })
        return { weight: updated.weight, ...Object.fromEntries(updated.states) }
      },
    )
    state = Object.fromEntries(Object.entries(results).map(([name, [value = Number.NaN]]) => [name, value]))
    return state.weight ?? Number.NaN
  })
}

describe('optimizers', () => {
  it('sgd is PyTorch’s: decay in the gradient, the first velocity is the first gradient', () => {
    // v1 = 0.5 + 0.1·1 = 0.6, w1 = 1 - 0.1·0.6 = 0.94; v2 = 0.9·0.6 - 0.2 + 0.1·0.94 = 0.434, w2 = 0.8966
    close(descend('sgd(lr: 0.1, momentum: 0.9, weight_decay: 0.1)', 0.1, [0.5, -0.2]), [0.94, 0.8966])
  })

  it('adamw corrects its moments and decays apart', () => {
    const gradients = [0.5, -0.2, 0.1]
    let [w, m, v] = [1, 0, 0]
    const wanted = gradients.map((g, i) => {
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      const direction = m / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8)
      w -= 0.01 * (direction + 0.1 * w)
      return w
    })
    close(descend('adamw(lr: 0.01, weight_decay: 0.1)', 0.01, gradients), wanted)
  })

  it('name their states and rates', () => {
    expect(experiment('').optimizer).toMatchObject({ name: 'sgd', lr: 0.1, states: [{ name: 'velocity', initial: 0 }] })
    expect(experiment('  train.optimizer = adamw(lr: 1e-3)').optimizer.states.map((s) => s.name)).toEqual([
      'first',
      'second',
    ])
  })
})

describe('schedules', () => {
  const total = 100
  const epoch = 10

  it.each<readonly [string, Readonly<Record<number, number>>]>([
    ['constant', { 0: 1, 50: 1, 100: 1 }],
    ['polynomial(power: 1)', { 0: 1, 25: 0.75, 99: 0.01, 100: 0, 120: 0 }],
    ['polynomial(power: 2)', { 0: 1, 50: 0.25, 90: 0.01 }],
    // The values of arcface_torch after these steps, except for the first.
    ['polynomial(power: 1, warmup: 2 epochs)', { 0: 0.05, 1: 0.05, 10: 0.5, 19: 0.95, 20: 1, 60: 0.5, 100: 0 }],
    ['polynomial(power: 1, warmup: 5 steps)', { 1: 0.2, 5: 1 }],
    ['cosine(least: 0.1)', { 0: 1, 50: 0.55, 100: 0.1 }],
  ])('%s', (text, factors) => {
    const { schedule } = experiment(`  train.schedule = ${text}`)
    for (const [at, factor] of Object.entries(factors)) {
      const step = Number(at)
      expect(schedule.factorAt(step, total, epoch), `on the host at ${at}`).toBeCloseTo(factor, 9)
      const { y } = run({ step: { shape: [], data: [step] } }, (b, v) => ({
        y: schedule.factor(b, need(v.step, 'step'), total, epoch),
      }))
      expect(y?.[0], `on the device at ${at}`).toBeCloseTo(factor, 5)
    }
  })
})
