/**
 * The sample of Partial FC at the size of real data sets. The graph draws what a plain computation of the same draws; statistics over
 * many steps are taken of the plain one. Seeds are fixed, so nothing here fails by chance; the bounds are those that a truly random
 * sample passes all but once in ten thousand times.
 *
 * Legend: N steps, r rate, n classes of a virtual shard, k of them drawn in a step.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { perReplica } from '../../../compiler/step/random.ts'
import { drawSample, samplingPlan } from '../../../compiler/step/sampling.ts'
import { classShards, shardRows } from '../../../compiler/step/shards.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { openOnEngine } from '../../helpers/run-graph.ts'
import {
  drawnClasses,
  SAMPLE_SHARDS,
  type SampleSpec,
  sampleShards,
  stepClasses,
} from '../../helpers/sample-reference.ts'

/** No multiple of anything, so that shards differ in size and in what they give. */
const spec: SampleSpec = { classes: 30_011, rate: 0.1, seed: 2048 }
const shards = sampleShards(spec.classes)

/** The classes of a step as the graph has them, on all devices, in ascending order. */
async function graphClasses(replicas: number, steps: readonly number[], labels: readonly number[]) {
  const { classes, rate, seed } = spec
  const own = classShards(classes, replicas)
  const b = new GraphBuilder('sample', replicas)
  const step = b.input('step', { dtype: 'i32', shape: [] })
  const table = (numbers: readonly number[]) => ops.convert(b, perReplica(b, numbers), 'i32')
  const start = table(own.map((shard) => shard.start))
  const all = ops.constant(b, { dtype: 'i32', shape: [labels.length] }, Int32Array.from(labels))
  const local = ops.subtract(b, all, ops.broadcastScalar(b, start, [labels.length]))
  const plan = samplingPlan(classes, replicas, rate, shardRows(classes, replicas))
  const { rows, present } = drawSample(b, plan, seed, step, local, table(own.map((shard) => shard.count)))
  const graph = b.finish([
    { name: 'rows', value: rows },
    { name: 'present', value: present },
  ])
  const engine = await createTfjsEngine({ world: oneProcess(replicas), backend: 'cpu' })
  const opened = await openOnEngine(engine)(graph)
  const found: number[][] = []
  for (const number of steps) {
    const given = { dtype: 'i32', shape: [], data: Int32Array.of(number) } as const
    const outputs = await opened.run(own.map(() => [given]))
    const chosen = outputs.flatMap(([rowsOf, presentOf], r) =>
      Array.from(need(rowsOf, 'rows').data)
        .filter((_, i) => presentOf?.data[i] === 1)
        .map((row) => need(own[r], 'a shard').start + row),
    )
    found.push(chosen.sort((x, y) => x - y))
  }
  opened.close()
  engine.dispose()
  return found
}

test.each([1, 2, 8])('%i devices draw what the plain computation draws', async (replicas) => {
  const steps = [0, 1, 12_345, 2_000_000]
  const random = randomOf('labels')
  const labels = Array.from({ length: 64 }, () => Math.floor(random() * spec.classes))
  expect(await graphClasses(replicas, steps, labels)).toEqual(steps.map((step) => stepClasses(spec, step, labels)))
})

const N = 1000

/** At c · N + t: 1 where step t draws class c. */
const membership = new Uint8Array(spec.classes * N)
/** At s · N + t: how many classes step t draws of shard s. */
const drawn = new Float64Array(SAMPLE_SHARDS * N)

beforeAll(() => {
  for (let t = 0; t < N; t++) {
    drawnClasses(spec, t).forEach((own, s) => {
      for (const c of own) membership[c * N + t] = 1
      drawn[s * N + t] = own.length
    })
  }
}, 30_000)

const membershipOf = (c: number) => membership.subarray(c * N, (c + 1) * N)
const drawnOf = (s: number) => drawn.subarray(s * N, (s + 1) * N)
const shardAt = (s: number) => need(shards[s % SAMPLE_SHARDS], 'a shard')
const sizeOf = (s: number) => shardAt(s).end - shardAt(s).start
const sum = (numbers: ArrayLike<number>) => {
  let total = 0
  for (let i = 0; i < numbers.length; i++) total += numbers[i] ?? 0
  return total
}

/** Deviations beyond which a normal number lies once in ten thousand times, either way. */
const BOUND = 3.89

/** Of numbers that should be independent and of mean 0 and variance 1: by how many deviations their sum is off. */
const sumDeviations = (values: readonly number[]) => sum(values) / Math.sqrt(values.length)

/**
 * The same of the sum of their squares, which is χ² where the numbers are normal. `fourth` is their fourth moment; that of a normal
 * number is 3.
 */
function squareDeviations(values: readonly number[], fourth = 3): number {
  return (sum(values.map((value) => value ** 2)) - values.length) / Math.sqrt(values.length * (fourth - 1))
}

/** The fourth moment of a count, less its mean and over its deviation, of N steps with chance p each. */
const fourthOfCount = (p: number) => 3 + (1 - 6 * p * (1 - p)) / (N * p * (1 - p))

function expectRandom(values: readonly number[], fourth?: number) {
  expect(values.length).toBeGreaterThan(400)
  expect(Math.abs(squareDeviations(values, fourth)), 'the sum of squares').toBeLessThan(BOUND)
  expect(Math.abs(sumDeviations(values)), 'the sum').toBeLessThan(BOUND)
}

describe('how often a class is drawn', () => {
  const { classes, rate } = spec
  const standardized = (hits: number, trials: number) => (hits - trials * rate) / Math.sqrt(trials * rate * (1 - rate))

  test('a step draws ⌊r · classes⌋ or one more, and of each shard ⌊r · n⌋ or one more', () => {
    for (let t = 0; t < N; t++) {
      const counts = shards.map((_, s) => drawnOf(s)[t] ?? Number.NaN)
      expect([3001, 3002]).toContain(sum(counts))
      counts.forEach((count, s) => {
        expect(Math.abs(count - rate * sizeOf(s))).toBeLessThan(1)
      })
    }
  })

  test('every class alike', () => {
    const values = Array.from({ length: classes }, (_, c) => standardized(sum(membershipOf(c)), N))
    expect(Math.abs(squareDeviations(values, fourthOfCount(rate)))).toBeLessThan(BOUND)
    // The largest of thirty thousand normal numbers is 4.2 or so, and above 5.6 once in a thousand times.
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(5.6)
  })

  test('every place of a shard alike, over all shards', () => {
    const places = Math.min(...shards.map((_, s) => sizeOf(s)))
    const values = Array.from({ length: places }, (_, place) =>
      standardized(sum(shards.map(({ start }) => sum(membershipOf(start + place)))), N * SAMPLE_SHARDS),
    )
    expect(Math.abs(squareDeviations(values))).toBeLessThan(BOUND)
  })

  test('a shard gives what its size asks for, though one offset a step decides for all of them', () => {
    shards.forEach((_, s) => {
      const wanted = rate * sizeOf(s)
      const fraction = wanted - Math.floor(wanted)
      const off = sum(drawnOf(s)) / N - wanted
      expect(Math.abs(off) / Math.sqrt((fraction * (1 - fraction)) / N)).toBeLessThan(BOUND)
    })
  })
})

type Pair = readonly [number, number]

/** By how many deviations the steps that draw both classes are more than the numbers drawn of their shards would have it. */
function together([c, d]: Pair): number {
  const [s, r] = [shardOf(c), shardOf(d)]
  const [ofC, ofD, k, l] = [membershipOf(c), membershipOf(d), drawnOf(s), drawnOf(r)]
  const [inS, inR] = [sizeOf(s), sizeOf(r)]
  let [hits, expected, variance] = [0, 0, 0]
  for (let t = 0; t < N; t++) {
    hits += (ofC[t] ?? 0) * (ofD[t] ?? 0)
    const [own = 0, other = 0] = [k[t], l[t]]
    const chance = s === r ? (own * (own - 1)) / (inS * (inS - 1)) : (own * other) / (inS * inR)
    expected += chance
    variance += chance * (1 - chance)
  }
  return (hits - expected) / Math.sqrt(variance)
}

function shardOf(c: number): number {
  return shards.findIndex(({ end }) => c < end)
}

type MakePair = (s: number, i: number, n: number) => Pair | undefined

/** Pairs of no class in common, so that their counts are as good as independent. */
function pairsOf(make: MakePair): Pair[] {
  return shards.flatMap((_, s) =>
    Array.from({ length: sizeOf(s) }, (_, i) => make(s, i, sizeOf(s))).filter((pair) => pair !== undefined),
  )
}

const place = (s: number, i: number) => shardAt(s).start + i

describe('how often two classes are drawn in the same step', () => {
  test.each<[string, MakePair]>([
    ['neighbours', (s, i, n) => (i % 2 === 0 && i + 1 < n ? [place(s, i), place(s, i + 1)] : undefined)],
    ['halves of a shard', (s, i, n) => (i < n >> 1 ? [place(s, i), place(s, i + (n >> 1))] : undefined)],
    ['mirror images in a shard', (s, i, n) => (i < n >> 1 ? [place(s, i), place(s, n - 1 - i)] : undefined)],
    [
      'one place in neighbouring shards',
      (s, i) => (s % 2 === 0 && i < 468 ? [place(s, i), place(s + 1, i)] : undefined),
    ],
    ['one place in far shards', (s, i) => (s < 32 && i < 468 ? [place(s, i), place(s + 32, i)] : undefined)],
    ['mirror images in far shards', (s, i) => (s < 32 && i < 468 ? [place(s, i), place(63 - s, 467 - i)] : undefined)],
  ])('%s', (_, make) => {
    const values = pairsOf(make).map(together)
    expect(values.length).toBeGreaterThan(14_000)
    expectRandom(values, fourthOfCount(spec.rate ** 2))
  })
})

describe('how a step depends on the ones before', () => {
  const { classes, rate } = spec
  /** Products of a class's membership, less its mean, in steps `lag` apart: uncorrelated, of mean 0, if steps are independent. */
  const lagged = (x: ArrayLike<number>, mean: number, lag: number) => {
    let total = 0
    for (let t = 0; t + lag < N; t++) total += ((x[t] ?? 0) - mean) * ((x[t + lag] ?? 0) - mean)
    return total
  }

  test.each([1, 2, 3, 16, 64, 256])('not at all, %i apart', (lag) => {
    const scale = rate * (1 - rate) * Math.sqrt(N - lag)
    const values = Array.from({ length: classes }, (_, c) => lagged(membershipOf(c), rate, lag) / scale)
    // With κ of one draw: a product's fourth moment is κ², and κ is what two products have in common that share a step.
    const kappa = 1 / (rate * (1 - rate)) - 3
    const fourth = 3 + (kappa ** 2 - 3 + 6 * (kappa - 1)) / (N - lag)
    expectRandom(values, fourth)
  })

  test.each([1, 2, 3, 16])('nor does the offset that all shards share, %i apart', (lag) => {
    shards.forEach((_, s) => {
      const fraction = (rate * sizeOf(s)) % 1
      const value = lagged(drawnOf(s), rate * sizeOf(s), lag) / (fraction * (1 - fraction) * Math.sqrt(N - lag))
      expect(Math.abs(value)).toBeLessThan(BOUND)
    })
  })

  test('nor on the same step under the next seed', () => {
    const hits = Array.from({ length: 100 }, (_, t) => {
      const own = new Set(drawnClasses(spec, t).flat())
      return drawnClasses({ ...spec, seed: spec.seed + 1 }, t)
        .flat()
        .filter((c) => own.has(c)).length
    })
    // Hypergeometric, nearly: r² of the classes are in both.
    const mean = rate ** 2 * classes
    const values = hits.map((hit) => (hit - mean) / Math.sqrt(classes * (rate * (1 - rate)) ** 2))
    expect(Math.abs(sumDeviations(values))).toBeLessThan(BOUND)
    expect(Math.abs(squareDeviations(values))).toBeLessThan(BOUND)
  })
})
