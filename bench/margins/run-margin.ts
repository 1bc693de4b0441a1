/**
 * Trains the problem of `problem.ts` with a margin on an engine, as a whole step of an experiment: its network is a matrix whose
 * columns are the embeddings, and its images choose a column each.
 *
 * Legend: B rows, D numbers of an embedding, C classes, S centers of a class.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileExperiment } from '../../compiler/driver.ts'
import { isChosen } from '../../compiler/experiment/experiment.ts'
import { isCount, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import { planLengths } from '../../compiler/plan/lengths.ts'
import { buildGraphs, type Graphs, settleChunk } from '../../compiler/step/graphs.ts'
import { bug, DiagnosticBag, need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, HostTensor } from '../../runtime/engine.ts'
import { newHostArray } from '../../runtime/host-tensor.ts'
import { pictureCounts } from '../../runtime/state/picture-counts.ts'
import { memoryHost } from '../../test/helpers/diagnose.ts'
import type { ComparedMargin } from './margins.ts'
import { centers, embeddings, labels, pictures, problem } from './problem.ts'

const { rows, width, classes, steps, lr, rate, seed } = problem

/** How a step is split. */
export interface MarginLayout {
  readonly devices: number
  readonly placement: 'shard' | 'replicate'
  readonly isChunked: boolean
  readonly isSampled: boolean
}

/** What a training run gives: the loss and the margin's state of each step, and the gradients of the last one. */
export interface MarginFigures {
  readonly losses: readonly number[]
  readonly state: Readonly<Record<string, readonly number[]>>
  readonly gradients: { readonly embeddings: readonly number[]; readonly centers: readonly number[] }
}

/** A file of figures.py. */
export interface AuthorsFigures {
  readonly gradient: 'exact' | 'straight_through'
  readonly per_class: number
  readonly all: MarginFigures
  readonly sampled: MarginFigures
}

/** What figures.py was given. */
interface Given {
  readonly samples: readonly (readonly number[])[]
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'))

export const authorsFigures = (name: string): AuthorsFigures => read(`figures/${name}.json`) as AuthorsFigures

/** The experiment as `.arc` text. */
function experimentOf(margin: ComparedMargin, figures: AuthorsFigures, layout: MarginLayout): string {
  const { devices, placement, isChunked, isSampled } = layout
  const entries = [
    `placement = ${placement}, gradient = ${figures.gradient}`,
    ...(isSampled ? [`sample_rate = ${100 * rate}%`] : []),
    ...(isChunked ? ['chunk = 3 rows'] : []),
    ...(margin.centers === undefined ? [] : [margin.centers]),
  ]
  return `
use std.datasets: synthetic
use std.machines: cpu
use std.margins: ${margin.uses.join(', ')}
backbone table() on Image(3, 4, 1) -> Vector(${width}) { input |> flatten |> linear(${width}, bias: false) as rows }
experiment compared {
  dataset  = synthetic(identities: ${classes}, per_identity: 8)
  backbone = table()
  margin   = ${margin.text}
  machine  = cpu(devices: ${devices})
  centers { ${entries.join(', ')} }
  train {
    batch = ${rows} global, steps = ${steps}, seed = ${seed}, augment = []
    optimizer = sgd(lr: ${lr}, momentum: 0), schedule = constant()
  }
}
`
}

function graphsOf(text: string): Graphs {
  const host = memoryHost()
  const entry = { path: 'margin.arc', text }
  const { experiment, diagnostics } = compileExperiment({ entry, until: 'elaborate' }, host)
  if (experiment === undefined) return bug(diagnostics.map((d) => `${d.code} ${d.message}`).join('; '))
  if (!isChosen(experiment)) return bug('an unsettled value')
  const lengths = need(planLengths(experiment, host, new DiagnosticBag()), 'the lengths')
  return need(
    buildGraphs(settleChunk(experiment, lengths), lengths, { images: 'f32', exchange: 'gather' }),
    'the graphs',
  )
}

/** [B,D] as [D,B], and back. */
function transposed(numbers: ArrayLike<number>, columns: number): number[] {
  const count = numbers.length / columns
  return Array.from(numbers, (_, at) => need(numbers[(at % count) * columns + Math.floor(at / count)], 'a number'))
}

/** The rows of the centers are those of the problem; everything else starts as the initial graph says. */
function startOf(tensor: StateTensor, replica: number, graphs: Graphs, perClass: number): HostTensor | undefined {
  if (tensor.name === 'rows.weight')
    return { dtype: 'f32', shape: tensor.shape, data: Float32Array.from(transposed(embeddings(), width)) }
  const { start, count } = need(graphs.shards[replica], 'a shard')
  if (isCount(tensor)) return pictureCounts(tensor, pictures, { start, count })
  if (tensor.role !== 'centers') return undefined
  const data = newHostArray(tensor)
  const row = perClass * width
  data.set(centers(perClass).subarray(start * row, (start + count) * row))
  return { dtype: 'f32', shape: tensor.shape, data }
}

/** The inputs of a step beyond the state; each image has a single 1. */
function batchOf(devices: number, replica: number, step: number): HostTensor[] {
  const own = rows / devices
  const images = new Float32Array(own * rows)
  for (let row = 0; row < own; row++) images[row * rows + replica * own + row] = 1
  return [
    { dtype: 'f32', shape: [own, 3, 4, 1], data: images },
    { dtype: 'i32', shape: [own], data: Int32Array.from(labels.slice(replica * own, (replica + 1) * own)) },
    { dtype: 'u8', shape: [own], data: new Uint8Array(own) },
    { dtype: 'i32', shape: [], data: Int32Array.of(step) },
  ]
}

/** Trains on an engine of the layout's devices; nothing stays alive on it. */
export async function trainMargin(
  engine: Engine,
  margin: ComparedMargin,
  figures: AuthorsFigures,
  layout: MarginLayout,
): Promise<MarginFigures> {
  const graphs = graphsOf(experimentOf(margin, figures, layout))
  const names = graphs.slots.map(({ tensor }) => tensor.name)
  const init = await engine.compile(graphs.init)
  const step = await engine.compile(graphs.step)
  let state: DeviceTensor[][] = await init.run(Array.from({ length: layout.devices }, () => []))
  state = await Promise.all(
    state.map((own, replica) =>
      Promise.all(
        own.map(async (tensor, i) => {
          const start = startOf(need(graphs.slots[i], 'a slot').tensor, replica, graphs, figures.per_class)
          if (start === undefined) return tensor
          tensor.dispose()
          return engine.upload(replica, start)
        }),
      ),
    ),
  )
  const numbersOf = async (name: string, replica = 0) =>
    Array.from((await need(state[replica]?.[names.indexOf(name)], name).read()).data)
  const losses: number[] = []
  const kept: Record<string, number[]> = Object.fromEntries(Object.keys(figures.all.state).map((name) => [name, []]))
  for (let index = 0; index < steps; index++) {
    const given = await engine.uploadAll(state.map((_, replica) => batchOf(layout.devices, replica, index)))
    const outputs = await step.run(state.map((own, replica) => [...own, ...need(given[replica], 'a batch')]))
    for (const tensor of [...state, ...given].flat()) tensor.dispose()
    state = outputs.map((own) => own.slice(0, names.length))
    const metrics = outputs.flatMap((own) => own.slice(names.length))
    const { data } = await need(metrics[0], 'metrics').read()
    losses.push(need(data[stepMetrics.indexOf('loss')], 'the loss'))
    for (const tensor of metrics) tensor.dispose()
    for (const [name, values] of Object.entries(kept))
      values.push(need((await numbersOf(`margin.${margin.state?.[name] ?? name}`))[0], name))
  }
  const gradient = transposed(await numbersOf('rows.weight.velocity'), rows)
  const ofCenters = await centersGradient(graphs, numbersOf, figures.per_class * width)
  for (const tensor of state.flat()) tensor.dispose()
  init.dispose()
  step.dispose()
  return { losses, state: kept, gradients: { embeddings: gradient, centers: ofCenters } }
}

/** The centers' gradient of the last step, [C, S·D]: with no momentum it is the velocity. */
async function centersGradient(
  graphs: Graphs,
  numbersOf: (name: string, replica: number) => Promise<number[]>,
  row: number,
): Promise<number[]> {
  const isWhole = graphs.shards[0]?.count === classes
  const parts = graphs.shards.slice(0, isWhole ? 1 : undefined).map(async ({ count }, replica) => {
    const all = await numbersOf('centers.velocity', replica)
    return all.slice(0, count * row)
  })
  return (await Promise.all(parts)).flat()
}

/** The largest differences of a training run from the authors' figures. */
export interface MarginDifference {
  /** Of a step's loss, relative. */
  readonly loss: number
  /** Of an element, as a part of the largest element. */
  readonly embeddings: number
  readonly centers: number
  /** Relative; 0 for a margin without state. */
  readonly state: number
}

/** `isSampled`: the figures of the sample, whose last step's classes have gradients. */
export function compareMargin(ours: MarginFigures, figures: AuthorsFigures, isSampled: boolean): MarginDifference {
  const wanted = isSampled ? figures.sampled : figures.all
  const row = wanted.gradients.centers.length / classes
  const taking = new Set(isSampled ? (read('given.json') as Given).samples.at(-1) : labels.keys())
  const inStep = (numbers: readonly number[]) =>
    isSampled ? numbers.filter((_, at) => taking.has(Math.floor(at / row))) : numbers
  const relative = (a: readonly number[], b: readonly number[]) =>
    Math.max(0, ...b.map((value, i) => Math.abs((a[i] ?? Number.NaN) - value) / Math.max(1e-3, Math.abs(value))))
  return {
    loss: relative(ours.losses, wanted.losses),
    embeddings: ofLargest(ours.gradients.embeddings, wanted.gradients.embeddings),
    centers: ofLargest(inStep(ours.gradients.centers), inStep(wanted.gradients.centers)),
    state: Math.max(
      0,
      ...Object.entries(wanted.state).map(([name, values]) => relative(ours.state[name] ?? [], values)),
    ),
  }
}

function ofLargest(a: readonly number[], b: readonly number[]): number {
  const largest = Math.max(...b.map(Math.abs))
  return Math.max(...b.map((value, i) => Math.abs((a[i] ?? Number.NaN) - value))) / largest
}
