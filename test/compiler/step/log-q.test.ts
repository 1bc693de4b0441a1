/**
 * The corrected softmax over a sample of the classes against a direct computation in double precision: of the classes of the sample,
 * those of the batch count once, every other 1 / rate times.
 *
 * Legend: R replicas, b rows of one, B = R·b, C classes, K slots, D embedding width.
 */
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { replicatedHead, shardedHead } from '../../../compiler/step/head.ts'
import type { ChunkUpdate } from '../../../compiler/step/head-passes.ts'
import { drawSample, samplingPlan, slotCount } from '../../../compiler/step/sampling.ts'
import { classShards, shardRows } from '../../../compiler/step/shards.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { HostTensor } from '../../../runtime/engine.ts'
import { arcfaceMargin } from '../../helpers/margins.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { runOnReference } from '../../helpers/run-graph.ts'

const D = 5
const C = 203
const B = 4
const rate = 0.25
const scale = 8
const m = 0.5
const seed = 7

interface Case {
  readonly replicas: 1 | 2
  readonly placement: 'shard' | 'replicate'
  readonly chunks: number
}

function draw(name: string, count: number): number[] {
  const next = randomOf(name)
  return Array.from({ length: count }, () => Math.fround(2 * next() - 1))
}

const x = draw('embeddings', B * D)
const w = draw('centers', C * D)
/** The first class twice: the batch has fewer classes than rows. */
const labels = [11, 150, 11, 202]

/** Mean loss over the sampled classes and those of the batch. */
function directLoss(x: readonly number[], sample: ReadonlySet<number>): number {
  const unit = (v: readonly number[]) => v.map((e) => e / Math.hypot(...v))
  const row = (of: readonly number[], i: number) => unit(of.slice(i * D, (i + 1) * D))
  const inBatch = new Set(labels)
  let loss = 0
  labels.forEach((label, i) => {
    const logit = (k: number) => {
      const cos = row(x, i).reduce((sum, e, d) => sum + e * need(row(w, k)[d], 'an element'), 0)
      return scale * (k === label ? Math.cos(Math.acos(cos) + m) : cos)
    }
    let sum = 0
    for (const k of new Set([...sample, ...inBatch])) sum += Math.exp(logit(k)) * (inBatch.has(k) ? 1 : 1 / rate)
    loss -= (logit(label) - Math.log(sum)) / B
  })
  return loss
}

const keep: ChunkUpdate = { given: [], apply: (_, __, { parts }) => parts }

interface Run {
  readonly loss: number
  readonly dx: readonly number[]
  /** The classes that were drawn for this step. */
  readonly sample: ReadonlySet<number>
}

async function runHead(c: Case, step: number): Promise<Run> {
  const owners =
    c.placement === 'shard'
      ? classShards(C, c.replicas)
      : Array.from({ length: c.replicas }, () => ({ start: 0, count: C }))
  const height = c.placement === 'shard' ? shardRows(C, c.replicas) : C
  const plan = samplingPlan(C, c.placement === 'shard' ? c.replicas : 1, rate, height)
  const slots = Math.ceil(slotCount(plan, B) / c.chunks) * c.chunks
  const b = new GraphBuilder('head', c.replicas)
  const own = B / c.replicas
  const embeddings = b.input('x', { dtype: 'f32', shape: [own, D] })
  const given = b.input('labels', { dtype: 'i32', shape: [own] })
  const centers = b.input('w', { dtype: 'f32', shape: [height, D] })
  const at = ops.scalar(b, step, 'i32')
  const head = (c.placement === 'shard' ? shardedHead : replicatedHead)(
    b,
    { margin: arcfaceMargin(m, scale), gradient: 'exact', compute: 'f32', batch: B },
    {
      embeddings,
      labels: given,
      tables: new Map([['centers', centers]]),
      shards: owners,
      sampling: { plan, seed, step: at, slots, negativeWeight: 1 / rate },
      update: () => keep,
      chunks: c.chunks,
    },
  )
  // No row of the batch is here: what is present was drawn.
  const nobody = ops.splat(b, -1, { dtype: 'i32', shape: [1] })
  const drawn = drawSample(b, plan, seed, at, nobody, ops.scalar(b, height, 'i32'))
  const graph = b.finish([
    { name: 'loss', value: head.loss },
    { name: 'dx', value: head.embeddings },
    { name: 'rows', value: drawn.rows },
    { name: 'present', value: ops.convert(b, drawn.present, 'i32') },
  ])
  const inputs = owners.map((owner, r): HostTensor[] => {
    const part = new Float32Array(height * D).fill(0.25)
    part.set(w.slice(owner.start * D, (owner.start + owner.count) * D))
    const mine = <T>(list: readonly T[], width: number) => list.slice(r * own * width, (r + 1) * own * width)
    return [
      { dtype: 'f32', shape: [own, D], data: Float32Array.from(mine(x, D)) },
      { dtype: 'i32', shape: [own], data: Int32Array.from(mine(labels, 1)) },
      { dtype: 'f32', shape: [height, D], data: part },
    ]
  })
  const outputs = await runOnReference(graph, inputs)
  const sample = new Set<number>()
  outputs.forEach(([, , rows, present], r) => {
    Array.from(need(rows, 'rows').data).forEach((row, i) => {
      if (need(present, 'presence').data[i] === 1) sample.add(need(owners[r], 'a shard').start + Number(row))
    })
  })
  return {
    loss: need(outputs[0]?.[0]?.data[0], 'a loss'),
    dx: outputs.flatMap(([, dx]) => Array.from(need(dx, 'a gradient').data)),
    sample,
  }
}

function numericGradient(f: (v: readonly number[]) => number, at: readonly number[]): number[] {
  const h = 1e-5
  return at.map((_, i) => {
    const moved = (by: number) => f(at.map((v, j) => (i === j ? v + by : v)))
    return (moved(h) - moved(-h)) / (2 * h)
  })
}

const cases: readonly Case[] = [
  { replicas: 1, placement: 'shard', chunks: 1 },
  { replicas: 1, placement: 'shard', chunks: 3 },
  { replicas: 2, placement: 'shard', chunks: 1 },
  { replicas: 2, placement: 'shard', chunks: 2 },
  { replicas: 2, placement: 'replicate', chunks: 1 },
  { replicas: 2, placement: 'replicate', chunks: 3 },
]

describe.each(cases)('$replicas devices, $placement, $chunks chunks', (c) => {
  test.each([0, 1, 5])('loss and gradient of step %i', async (step) => {
    const { loss, dx, sample } = await runHead(c, step)
    expect(sample.size).toBeGreaterThanOrEqual(Math.floor(rate * C))
    expect(Math.abs(loss - directLoss(x, sample))).toBeLessThan(1e-5)
    const wanted = numericGradient((v) => directLoss(v, sample), x)
    expect(Math.max(...dx.map((v, i) => Math.abs(v - need(wanted[i], 'a number'))))).toBeLessThan(2e-5)
  })
})

test('the sums over samples average to the sum over all classes', async () => {
  const rest = (sample: ReadonlySet<number>) =>
    [...sample]
      .filter((k) => !labels.includes(k))
      .reduce((sum, k) => sum + Math.abs(need(w[k * D], 'a number')) / rate, 0)
  const all = rest(new Set(Array.from({ length: C }, (_, k) => k))) * rate
  const steps = 30
  let mean = 0
  for (let step = 0; step < steps; step++)
    mean += rest((await runHead({ replicas: 1, placement: 'shard', chunks: 1 }, step)).sample) / steps
  // The deviation of one sum is about 6 % of it.
  expect(Math.abs(mean / all - 1)).toBeLessThan(0.04)
})
