/**
 * The distributed margin softmax against a direct computation in double precision on one device.
 *
 * Legend: B rows of all devices, C classes, D embedding width.
 */
import { describe, expect, test } from 'vitest'
import { type StatisticsExchange, statisticsExchanges } from '../../../compiler/step/softmax-statistics.ts'
import { arcfaceMargin } from '../../helpers/margins.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { numericGradient, runHead } from '../../helpers/run-head.ts'

const D = 5

interface Case {
  readonly replicas: number
  readonly perReplica: number
  readonly classes: number
  readonly filter?: number
  readonly gradient: 'exact' | 'straight_through'
  readonly placement: 'shard' | 'replicate'
  readonly chunks?: number
  readonly smoothing?: number
  readonly exchange?: StatisticsExchange
}

function draw(seed: string, count: number): number[] {
  const next = randomOf(seed)
  return Array.from({ length: count }, () => Math.fround(2 * next() - 1))
}

/** Mean loss by the textbook: normalize, margin on the true class, softmax, logarithm. */
function directLoss(
  x: readonly number[],
  w: readonly number[],
  labels: readonly number[],
  c: Case,
  scale: number,
): number {
  const unit = (v: readonly number[]) => {
    const norm = Math.hypot(...v)
    return v.map((e) => e / norm)
  }
  const row = (m: readonly number[], i: number) => unit(m.slice(i * D, (i + 1) * D))
  let loss = 0
  labels.forEach((label, i) => {
    const logits = Array.from({ length: c.classes }, (_, k) => {
      const wk = row(w, k)
      const cos = row(x, i).reduce((sum, e, d) => sum + e * (wk[d] ?? 0), 0)
      if (k === label) return scale * Math.cos(Math.acos(cos) + 0.5)
      return scale * (c.filter !== undefined && cos > c.filter ? 0 : cos)
    })
    const max = Math.max(...logits)
    const sum = logits.reduce((s, l) => s + Math.exp(l - max), 0)
    const smoothing = c.smoothing ?? 0
    const target = (k: number) => smoothing / c.classes + (k === label ? 1 - smoothing : 0)
    logits.forEach((logit, k) => {
      loss -= (target(k) * (logit - max - Math.log(sum))) / labels.length
    })
  })
  return loss
}

async function runCase(c: Case, scale: number) {
  const rows = c.replicas * c.perReplica
  const x = draw('embeddings', rows * D)
  const w = draw('centers', c.classes * D)
  const labels = Array.from({ length: rows }, (_, i) => (17 * i + 5) % c.classes)
  const { replicas, placement, gradient, chunks = 1, smoothing = 0, exchange = 'gather' } = c
  const margin = arcfaceMargin(0.5, scale, c.filter)
  const run = { margin, gradient, smoothing, replicas, placement, chunks, exchange, embeddings: x, centers: w, labels }
  const { losses, embeddings: dx, centers: dw } = await runHead(run)
  return { x, w, labels, losses, dx, dw }
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length)
  return Math.max(...a.map((v, i) => Math.abs(v - (b[i] ?? Number.NaN))))
}

const cases: readonly (readonly [string, Case])[] = [
  ['one device', { replicas: 1, perReplica: 6, classes: 7, gradient: 'exact', placement: 'shard' }],
  ['two devices, uneven shards', { replicas: 2, perReplica: 3, classes: 7, gradient: 'exact', placement: 'shard' }],
  ['four devices, uneven shards', { replicas: 4, perReplica: 2, classes: 7, gradient: 'exact', placement: 'shard' }],
  [
    'four devices, a short shard before a full one',
    { replicas: 4, perReplica: 3, classes: 10, gradient: 'exact', placement: 'shard' },
  ],
  [
    'two devices, chunks that reach beyond the shard',
    { replicas: 2, perReplica: 6, classes: 11, gradient: 'exact', placement: 'shard', chunks: 4 },
  ],
  ['filtered', { replicas: 2, perReplica: 3, classes: 7, filter: 0.1, gradient: 'exact', placement: 'shard' }],
  [
    'one device, three chunks, padded',
    { replicas: 1, perReplica: 6, classes: 7, gradient: 'exact', placement: 'shard', chunks: 3 },
  ],
  [
    'two devices, two chunks, filtered',
    { replicas: 2, perReplica: 3, classes: 7, filter: 0.1, gradient: 'exact', placement: 'shard', chunks: 2 },
  ],
  [
    'two devices, replicated, three chunks',
    { replicas: 2, perReplica: 3, classes: 7, gradient: 'exact', placement: 'replicate', chunks: 3 },
  ],
  [
    'smoothed, one device',
    { replicas: 1, perReplica: 6, classes: 7, gradient: 'exact', placement: 'shard', smoothing: 0.1 },
  ],
  [
    'smoothed, two devices, filtered, chunks that reach beyond the shard',
    {
      replicas: 2,
      perReplica: 6,
      classes: 11,
      filter: 0.1,
      gradient: 'exact',
      placement: 'shard',
      chunks: 4,
      smoothing: 0.3,
    },
  ],
  [
    'smoothed, two devices, replicated, chunks',
    { replicas: 2, perReplica: 3, classes: 7, gradient: 'exact', placement: 'replicate', chunks: 3, smoothing: 0.9 },
  ],
  [
    'all-reduced, four devices, a short shard before a full one',
    { replicas: 4, perReplica: 3, classes: 10, gradient: 'exact', placement: 'shard', exchange: 'reduce' },
  ],
  [
    'all-reduced, smoothed, three devices, filtered, chunks that reach beyond the shard',
    {
      replicas: 3,
      perReplica: 4,
      classes: 11,
      filter: 0.1,
      gradient: 'exact',
      placement: 'shard',
      chunks: 3,
      smoothing: 0.3,
      exchange: 'reduce',
    },
  ],
  ['two devices, replicated', { replicas: 2, perReplica: 3, classes: 7, gradient: 'exact', placement: 'replicate' }],
]

describe('loss and exact gradients', () => {
  test.each(cases)('%s', async (_, c) => {
    const scale = 8
    const { x, w, labels, losses, dx, dw } = await runCase(c, scale)
    const wanted = directLoss(x, w, labels, c, scale)
    for (const loss of losses) expect(Math.abs(loss - wanted)).toBeLessThan(1e-5)
    expect(
      largestDifference(
        dx,
        numericGradient((v) => directLoss(v, w, labels, c, scale), x),
      ),
    ).toBeLessThan(2e-5)
    expect(
      largestDifference(
        dw,
        numericGradient((v) => directLoss(x, v, labels, c, scale), w),
      ),
    ).toBeLessThan(2e-5)
  })
})

test('straight-through gradients differ from exact ones only by the slope of the margin', async () => {
  const exact = await runCase({ replicas: 1, perReplica: 6, classes: 7, gradient: 'exact', placement: 'shard' }, 8)
  const passed = await runCase(
    { replicas: 2, perReplica: 3, classes: 7, gradient: 'straight_through', placement: 'shard' },
    8,
  )
  expect(Math.abs((exact.losses[0] ?? 0) - (passed.losses[0] ?? 1))).toBeLessThan(1e-5)
  expect(largestDifference(exact.dx, passed.dx)).toBeGreaterThan(1e-3)
})

test.each(statisticsExchanges)(
  '%s: a scale of 64 with opposite centers neither overflows nor underflows',
  async (exchange) => {
    const c: Case = { replicas: 2, perReplica: 3, classes: 2, gradient: 'exact', placement: 'shard', exchange }
    const { x, w, labels, losses, dx } = await runCase(c, 64)
    expect(losses[0]).toBeCloseTo(directLoss(x, w, labels, c, 64), 3)
    expect(dx.every(Number.isFinite)).toBe(true)
  },
)
