/**
 * Margins that read how many pictures classes have, in the head on the reference interpreter, against formulas written out here, and
 * their gradients against differences.
 *
 * Legend: B rows of all devices, C classes, D embedding width.
 */
import { describe, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { resolveBody } from '../../helpers/resolve.ts'
import { numericGradient, runHead } from '../../helpers/run-head.ts'

const [D, C, B] = [4, 7, 6]
const scale = 4
const labels = [0, 1, 3, 3, 5, 6]
const pictures = [3, 40, 8, 11, 160, 25, 5]
const [fewest, most] = [3, 160]

const drawn = randomOf('class counts')
const numbers = (count: number) => Array.from({ length: count }, () => drawn() - 0.5)
const start = { x: numbers(B * D), w: numbers(C * D) }

/** A margin as text, and the cosines of the true class and of another one, by the pictures of both, and the penalty of a row. */
interface Case {
  readonly name: string
  readonly text: string
  target(cos: number, own: number): number
  other(cos: number, own: number, pictures: number, ownCosine: number): number
  penalty(own: number): number
}

const shrunk = (cos: number, own: number) => cos - 0.4 * (fewest / own) ** 0.25

const cases: readonly Case[] = [
  {
    name: 'counts of the own and the other classes',
    text: `margin counting(scale: float = ${scale}) {
      target(cos, count, fewest) = cos - 0.4 * (fewest / count) ** 0.25
      other(own_count, count, cos) = cos + 0.1 * log(count / own_count)
      penalty(count, most, classes) = classes * count / most
    }`,
    target: shrunk,
    other: (cos, own, count) => cos + 0.1 * Math.log(count / own),
    penalty: (own) => (C * own) / most,
  },
  {
    name: 'a target inside of `other` has the own class',
    text: `margin counting(scale: float = ${scale}) {
      target(cos, count, fewest) = cos - 0.4 * (fewest / count) ** 0.25
      other(cos, own) = if cos > target(own) then 0.5 * cos else cos
    }`,
    target: shrunk,
    other: (cos, own, _, ownCosine) => (cos > shrunk(ownCosine, own) ? 0.5 * cos : cos),
    penalty: () => 0,
  },
  {
    name: 'counts of the other classes alone, and a margin of a margin',
    text: `margin counting(inner: margin = rare(), scale: float = ${scale}) {
      target(cos) = inner.target(cos)
      other(cos, count, most) = cos * (1 - count / (2 * most))
    }
    margin rare(scale: float = ${scale}) { target(cos, count, fewest) = cos - 0.4 * (fewest / count) ** 0.25 }`,
    target: shrunk,
    other: (cos, _, count) => cos * (1 - count / (2 * most)),
    penalty: () => 0,
  },
]

function directLoss(
  { target, other, penalty }: Case,
  { x, w }: Readonly<Record<'x' | 'w', readonly number[]>>,
): number {
  const unit = (v: readonly number[], i: number) => {
    const row = v.slice(i * D, (i + 1) * D)
    return row.map((value) => value / Math.hypot(...row))
  }
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
  const terms = labels.map((label, i) => {
    const own = need(pictures[label], 'a count')
    const ownCosine = dot(unit(x, i), unit(w, label))
    const logits = pictures.map((count, c) => {
      const cos = dot(unit(x, i), unit(w, c))
      return scale * (c === label ? target(cos, own) : other(cos, own, count, ownCosine))
    })
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    return logSum - need(logits[label], 'a logit') + penalty(own)
  })
  return terms.reduce((sum, term) => sum + term, 0) / B
}

const layouts = [
  { replicas: 1, placement: 'shard', chunks: 1 },
  { replicas: 2, placement: 'shard', chunks: 1 },
  { replicas: 3, placement: 'shard', chunks: 2 },
  { replicas: 2, placement: 'replicate', chunks: 3 },
] as const

describe.each(cases)('$name', (given) => {
  const { experiment, diagnostics } = resolveBody('  margin = counting()', given.text)
  const { margin } = need(experiment, diagnostics.map(({ message }) => message).join('; '))
  const dx = numericGradient((x) => directLoss(given, { ...start, x }), start.x)
  const dw = numericGradient((w) => directLoss(given, { ...start, w }), start.w)

  test.each(layouts)('$replicas, $placement, $chunks chunks', async (layout) => {
    const run = { margin, gradient: 'exact' as const, smoothing: 0, embeddings: start.x, centers: start.w, labels }
    const head = await runHead({ ...run, ...layout, pictures })
    const apart = (a: readonly number[], b: readonly number[]) => {
      expect(a).toHaveLength(b.length)
      return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))))
    }
    for (const own of head.losses) expect(own).toBeCloseTo(directLoss(given, start), 5)
    expect(apart(head.embeddings, dx)).toBeLessThan(2e-5)
    expect(apart(head.centers, dw)).toBeLessThan(2e-5)
  })
})
