/** A batch in parts: the same numbers, in less memory. */
import { describe, expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { type NarrowOptions, narrowPlan, narrowText } from '../helpers/narrow.ts'
import { type Run, runOf, stateOf, tensorDifference } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

/** Nothing in it looks across the batch, and what it draws at random belongs to single images. */
const declarations = `
backbone plain on Image(16, 16, 3) -> Vector(24) {
  input |> conv(8, kernel: 4, stride: 4, padding: 0) |> prelu |> flatten |> dropout(0.25) |> linear(24)
}`

function differences(one: Run, other: Run): string[] {
  return one.plan.state.flatMap((spec, i) =>
    one.state.flatMap((own, replica) => {
      const difference = tensorDifference(need(own[i], 'a tensor'), need(other.state[replica]?.[i], 'a tensor'))
      return difference < 1e-4 ? [] : [`${spec.name} on replica ${replica}: ${difference.toExponential(1)}`]
    }),
  )
}

describeOnXla('a batch in parts', () => {
  const engineOf = xlaEngines([1, 2])

  test.each<[string, Partial<NarrowOptions>]>([
    ['sharded centers', {}],
    [
      'replicated centers, and recomputation of what is cheap',
      { centers: 'placement = replicate', train: 'recompute = cheap' },
    ],
    [
      'a sample of the classes, and recomputation by blocks',
      { centers: 'sample_rate = 50%', train: 'recompute = blocks' },
    ],
  ])(
    'gives the gradients of the whole batch, with %s',
    async (_name, options) => {
      const train = (parts: number) => {
        const text = narrowText({
          devices: 2,
          batch: 6,
          classes: 130,
          declarations,
          backbone: 'plain',
          ...options,
          train: `accumulate = ${parts}\n${options.train ?? ''}`,
        })
        return runOf(text, { engine: engineOf(2), steps: 2 })
      }
      const [one, other] = [await train(1), await train(3)]
      one.metrics.forEach((metrics, step) => {
        metrics.forEach((value, i) => {
          expect(need(other.metrics[step]?.[i], 'a metric')).toBeCloseTo(value, 4)
        })
      })
      expect(differences(one, other)).toEqual([])
    },
    120_000,
  )

  test('normalizes part by part, and its running statistics have seen every part', async () => {
    const text = narrowText({ devices: 1, batch: 6, classes: 13, train: 'accumulate = 3' })
    const { plan, metrics, state, initial } = await runOf(text, { engine: engineOf(1), steps: 3 })
    expect(metrics.flat().every(Number.isFinite)).toBe(true)
    // Three steps of three parts: of the 1 that it started from (1 − 0.1)^9 is left.
    const after = stateOf(plan, state, 'bn1.running_var').data
    const before = stateOf(plan, initial, 'bn1.running_var').data
    expect([...before].every((value) => value === 1)).toBe(true)
    expect(Math.min(...after)).toBeGreaterThan(0.9 ** 9)
    expect(Math.min(...after)).toBeLessThan(0.9 ** 3)
  }, 120_000)
})

describe('the plan of a batch in parts', () => {
  const peak = (parts: number, recompute = 'none') => {
    const train = `accumulate = ${parts}\nrecompute = ${recompute}`
    return narrowPlan({ devices: 1, batch: 48, classes: 13, train }).document.memory.peak
  }

  test('holds the activations of one part', () => {
    expect(peak(6)).toBeLessThan(0.35 * peak(1))
  })

  test.each(['cheap', 'blocks'])('holds fewer of them where recompute is %s', (recompute) => {
    expect(peak(2, recompute)).toBeLessThan(0.9 * peak(2))
  })
})
