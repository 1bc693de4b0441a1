/**
 * The head alone on the reference interpreter: its loss, its gradients, and what its margin keeps and learns.
 *
 * Legend: B rows of all devices, C classes, D embedding width.
 */
import type { Margin } from '../../compiler/experiment/experiment.ts'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { replicatedHead, shardedHead } from '../../compiler/step/head.ts'
import type { HeadRules } from '../../compiler/step/head-chunk.ts'
import type { ChunkUpdate } from '../../compiler/step/head-passes.ts'
import { classShards, shardRows } from '../../compiler/step/shards.ts'
import type { StatisticsExchange } from '../../compiler/step/softmax-statistics.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { hostTensor, numbersOf } from './host-tensor.ts'
import { runOnReference } from './run-graph.ts'

export interface HeadRun {
  readonly margin: Margin
  readonly gradient: HeadRules['gradient']
  readonly smoothing: number
  readonly replicas: number
  readonly placement: 'shard' | 'replicate'
  readonly chunks: number
  readonly exchange?: StatisticsExchange
  /** [B,D] */
  readonly embeddings: readonly number[]
  /** [C,D] */
  readonly centers: readonly number[]
  /** [B] */
  readonly labels: readonly number[]
  /** Pictures of each class, [C]; missing if the margin reads none. */
  readonly pictures?: readonly number[]
}

export interface HeadFigures {
  /** Of each device. */
  readonly losses: readonly number[]
  /** [B,D] */
  readonly embeddings: readonly number[]
  /** [C,D] */
  readonly centers: readonly number[]
  /** The states after the step, by name, of each device. */
  readonly states: ReadonlyMap<string, readonly number[]>
  /** The gradients of what the margin learns, likewise. */
  readonly learned: ReadonlyMap<string, readonly number[]>
}

/** Returns the gradient in place of the new centers, so that it can be read. */
const gradientInstead: ChunkUpdate = {
  given: [],
  apply: (_, __, { gradient }) => new Map([['centers', gradient]]),
}

/** States and learned numbers start with their first values. */
export async function runHead(run: HeadRun): Promise<HeadFigures> {
  const { margin, replicas, chunks, labels } = run
  const sharded = run.placement === 'shard'
  const width = run.embeddings.length / labels.length
  const classes = run.centers.length / width
  const own = labels.length / replicas
  const shards = sharded
    ? classShards(classes, replicas)
    : Array.from({ length: replicas }, () => ({ start: 0, count: classes }))
  const height = Math.ceil((sharded ? shardRows(classes, replicas) : classes) / chunks) * chunks
  const kept = [...margin.states, ...margin.learned]
  const first = need(margin.firstValues(classes), 'the first values')
  const { pictures } = run
  const b = new GraphBuilder('head', replicas)
  const input = {
    embeddings: b.input('x', { dtype: 'f32', shape: [own, width] }),
    labels: b.input('labels', { dtype: 'i32', shape: [own] }),
    tables: new Map([['centers', b.input('w', { dtype: 'f32', shape: [height, width] })]]),
    shards,
    sampling: undefined,
    update: () => gradientInstead,
    chunks,
    trunk: true,
    exchange: run.exchange ?? 'gather',
    margin: {
      kept: new Map(kept.map((name) => [name, b.input(name, { dtype: 'f32', shape: [] })])),
      counts: pictures && {
        count: b.input('pictures', { dtype: 'f32', shape: [height, 1] }),
        fewest: ops.scalar(b, Math.min(...pictures), 'f32'),
        most: ops.scalar(b, Math.max(...pictures), 'f32'),
      },
      classes,
      seed: 1,
      step: ops.scalar(b, 3, 'i32'),
      total: 10,
      epoch: 5,
    },
  }
  const { gradient, smoothing } = run
  const rules = { margin, gradient, compute: 'f32', perClass: 1, batch: labels.length, smoothing } as const
  const head = (sharded ? shardedHead : replicatedHead)(b, rules, input)
  const graph = b.finish([
    { name: 'loss', value: head.loss },
    { name: 'dx', value: head.embeddings },
    { name: 'dw', value: need(head.tables.get('centers'), 'the centers') },
    ...margin.states.map((name) => ({ name, value: need(head.states.get(name), name) })),
    ...margin.learned.map((name) => ({ name, value: need(head.learned.get(name), name) })),
  ])
  const inputs = shards.map(({ start, count }, r): HostTensor[] => {
    const part = new Array<number>(height * width).fill(0.25)
    part.splice(0, count * width, ...run.centers.slice(start * width, (start + count) * width))
    const ofClasses = new Array<number>(height).fill(1)
    ofClasses.splice(0, count, ...(pictures ?? []).slice(start, start + count))
    return [
      hostTensor({ dtype: 'f32', shape: [own, width] }, run.embeddings.slice(r * own * width, (r + 1) * own * width)),
      hostTensor({ dtype: 'i32', shape: [own] }, labels.slice(r * own, (r + 1) * own)),
      hostTensor({ dtype: 'f32', shape: [height, width] }, part),
      ...kept.map((name) => hostTensor({ dtype: 'f32', shape: [] }, [need(first.get(name), name)])),
      ...(pictures === undefined ? [] : [hostTensor({ dtype: 'f32', shape: [height, 1] }, ofClasses)]),
    ]
  })
  const outputs = await runOnReference(graph, inputs)
  const each = (index: number) => outputs.map((of) => numbersOf(need(of[index], 'an output')))
  const parts = each(2).map((part, r) => part.slice(0, need(shards[r], 'a shard').count * width))
  const named = (of: Margin['states'], first: number) =>
    new Map(of.map((name, i) => [name, each(first + i).flat()] as const))
  return {
    losses: each(0).flat(),
    embeddings: each(1).flat(),
    centers: sharded ? parts.flat() : need(parts.at(-1), 'a part'),
    states: named(margin.states, 3),
    learned: named(margin.learned, 3 + margin.states.length),
  }
}

/** The derivatives of f by each of the numbers, by central differences. */
export function numericGradient(f: (values: readonly number[]) => number, at: readonly number[]): number[] {
  const h = 1e-5
  return at.map((_, i) => {
    const moved = (by: number) => f(at.map((value, j) => (i === j ? value + by : value)))
    return (moved(h) - moved(-h)) / (2 * h)
  })
}
