/**
 * What margins read beside the cosine, and their penalty, states and learned numbers: the loss, every gradient and the new state
 * against a direct computation in double precision, for any number of devices and chunks.
 *
 * Legend: B rows of all devices, C classes, D embedding width.
 */
import { describe, expect, test } from 'vitest'
import type { Margin } from '../../../compiler/experiment/experiment.ts'
import type { StatisticsExchange } from '../../../compiler/step/softmax-statistics.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { resolveBody } from '../../helpers/resolve.ts'
import { numericGradient, runHead } from '../../helpers/run-head.ts'

const [D, C, B] = [5, 7, 6]
const scale = 4

/** Every read has a gradient, those of other classes too. */
const declared = (loss: Margin['loss']) => `margin whole(scale: float = ${scale}) {
  loss = ${loss}
  state mean = 2
  learn bias = 0.3
  target(norm, cos) = cos * (1 - 0.1 * bias) - 0.1 * norm / mean
  other(cos, own, norm) = if cos > target(own) then cos * (1 + 0.2 * own) - 0.02 * bias else cos + 0.05 * norm
  penalty(own, norm) = 0.3 * norm ** 2 + 0.1 * own * bias + 0 * detach(own * norm)
  update(own, norm) = { mean = 0.5 * mean + 0.5 * average(norm) + deviation(own) }
}`

interface Layout {
  readonly exchange?: StatisticsExchange
  readonly replicas: number
  readonly placement: 'shard' | 'replicate'
  readonly chunks: number
}

interface Point {
  readonly x: readonly number[]
  readonly w: readonly number[]
  readonly bias: number
}

const next = randomOf('margin values')
const draw = (count: number) => Array.from({ length: count }, () => Math.fround(2 * next() - 1))
const start: Point = { x: draw(B * D), w: draw(C * D), bias: Math.fround(0.3) }
const labels = Array.from({ length: B }, (_, i) => (3 * i + 2) % C)

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Norms, cosines of the own classes and all cosines at a point. */
function geometry({ x, w }: Point) {
  const row = (m: readonly number[], i: number) => m.slice(i * D, (i + 1) * D)
  const norms = labels.map((_, i) => Math.hypot(...row(x, i)))
  const cosines = labels.map((_, i) =>
    Array.from({ length: C }, (__, k) => {
      const wk = row(w, k)
      return row(x, i).reduce((sum, e, d) => sum + e * (wk[d] ?? 0), 0) / (norms[i] ?? 1) / Math.hypot(...wk)
    }),
  )
  return { norms, cosines, own: labels.map((label, i) => cosines[i]?.[label] ?? 0) }
}

function newMean(at: Point): number {
  const { norms, own } = geometry(at)
  const center = average(own)
  const spread = Math.sqrt(own.reduce((sum, z) => sum + (z - center) ** 2, 0) / (B - 1))
  return 0.5 * 2 + 0.5 * average(norms) + spread
}

/** The loss by the text of the margin; its state is a constant. */
function directLoss(loss: Margin['loss'], at: Point, mean: number): number {
  const { norms, cosines, own } = geometry(at)
  const target = (z: number, norm: number) => z * (1 - 0.1 * at.bias) - (0.1 * norm) / mean
  const terms = labels.map((label, i) => {
    const [norm, z] = [norms[i] ?? 0, own[i] ?? 0]
    const logits = need(cosines[i], 'a row').map((cos, k) => {
      if (k === label) return scale * target(cos, norm)
      return scale * (cos > target(z, norm) ? cos * (1 + 0.2 * z) - 0.02 * at.bias : cos + 0.05 * norm)
    })
    const softplus = (v: number) => Math.log1p(Math.exp(v))
    const classified =
      loss === 'sigmoid'
        ? logits.reduce((sum, logit, k) => sum + softplus(k === label ? -logit : logit), 0)
        : Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (logits[label] ?? 0)
    return classified + 0.3 * norm ** 2 + 0.1 * z * at.bias
  })
  return average(terms)
}

const layouts: readonly Layout[] = [
  { replicas: 1, placement: 'shard', chunks: 1 },
  { replicas: 1, placement: 'shard', chunks: 3 },
  { replicas: 2, placement: 'shard', chunks: 1 },
  { replicas: 3, placement: 'shard', chunks: 2 },
  { replicas: 3, placement: 'shard', chunks: 2, exchange: 'reduce' },
  { replicas: 2, placement: 'replicate', chunks: 1 },
  { replicas: 3, placement: 'replicate', chunks: 4 },
]

describe.each(['softmax', 'sigmoid'] as const)('a margin that reads, keeps and learns, %s', (loss) => {
  const { experiment, diagnostics } = resolveBody('  margin = whole()', declared(loss))
  const margin = need(experiment, diagnostics.map(({ message }) => message).join('; ')).margin
  const mean = newMean(start)
  const at = (moved: Partial<Point>) => directLoss(loss, { ...start, ...moved }, mean)
  const wanted = {
    dx: numericGradient((x) => at({ x }), start.x),
    dw: numericGradient((w) => at({ w }), start.w),
    bias: numericGradient(([bias = 0]) => at({ bias }), [start.bias])[0] ?? 0,
  }

  test.each(layouts)('$replicas, $placement, $chunks chunks, $exchange', async (layout) => {
    const given = { embeddings: start.x, centers: start.w, labels }
    const head = await runHead({ margin, gradient: 'exact', smoothing: 0, ...layout, ...given })
    const [means, biases] = [head.states.get('margin.mean'), head.learned.get('margin.bias')]
    const apart = (a: readonly number[], b: readonly number[]) => {
      expect(a).toHaveLength(b.length)
      return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))))
    }
    for (const own of head.losses) expect(own).toBeCloseTo(at({}), 5)
    for (const own of need(means, 'the state')) expect(own).toBeCloseTo(mean, 5)
    for (const own of need(biases, 'the gradient')) expect(own).toBeCloseTo(wanted.bias, 5)
    expect(apart(head.embeddings, wanted.dx)).toBeLessThan(2e-5)
    expect(apart(head.centers, wanted.dw)).toBeLessThan(2e-5)
  })
})
