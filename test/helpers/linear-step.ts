/**
 * A training step whose backbone is one linear layer, as a plan and in double precision. The layer's gradient is Σ dx·image: it shows
 * the gradient of every embedding.
 *
 * Legend: B rows of all devices, P values per image, D embedding width.
 */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import {
  type HeadSolution,
  type MarginNumbers,
  type Matrix,
  type OptimizerNumbers,
  solveHead,
  updateWeights,
  type Weights,
} from './head-reference.ts'
import { narrowBatch, narrowPlan } from './narrow.ts'
import { randomOf } from './op-case.ts'
import { stepClasses } from './sample-reference.ts'

const B = 8
const D = 8
const P = 3 * 12 * 12
const CLASSES = 150
const RATE = 0.4
/** The step in the middle of a run: its sample, and AdamW's correction. */
const STEP = 6
const CLIP = 5
export const LR = 0.02

const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(${D}) {
  input |> flatten |> linear(${D}) as fc
}`

export interface Named<T> {
  readonly text: string
  readonly numbers: T
}

export interface StepCase {
  readonly margin: Named<MarginNumbers>
  readonly optimizer: Named<OptimizerNumbers>
  readonly gradient: 'exact' | 'straight_through'
  readonly update: 'sparse' | 'dense'
  readonly isSampled: boolean
  /** Of the labels. */
  readonly smoothing?: number
}

export interface StepLayout {
  readonly devices: 1 | 2
  readonly placement: 'shard' | 'replicate'
  readonly chunk: string
  /** The kind of the devices. */
  readonly kind: DeviceKind
}

/** All inputs of a step: numbers that f32 represents exactly. */
export interface Given {
  readonly images: Matrix
  readonly labels: readonly number[]
  readonly layer: { readonly weight: Weights; readonly bias: Weights }
  readonly centers: Weights
}

function draw(name: string, rows: number, columns: number, low: number, high: number): number[][] {
  const next = randomOf(name)
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => Math.fround(low + (high - low) * next())),
  )
}

/** Weights and an optimizer state as after some steps; second moments are not near 0, where AdamW would amplify rounding. */
function drawWeights(name: string, optimizer: OptimizerNumbers, rows: number, columns: number, size: number): Weights {
  const state = (own: string, low: number) => [own, draw(`${name}.${own}`, rows, columns, low, 0.02)] as const
  return {
    weight: draw(name, rows, columns, -size, size),
    states: new Map(
      optimizer.kind === 'sgd' ? [state('velocity', -0.02)] : [state('first', -0.02), state('second', 0.005)],
    ),
  }
}

export function linearPlan(c: StepCase, { devices, placement, chunk, kind }: StepLayout): Plan {
  const sampling = c.isSampled ? `, sample_rate = ${100 * RATE}%` : ''
  return narrowPlan({
    devices,
    kind,
    batch: B / devices,
    classes: CLASSES,
    centers: `placement = ${placement}, gradient = ${c.gradient}, update = ${c.update}${sampling}${chunk}`,
    margin: c.margin.text,
    optimizer: c.optimizer.text,
    train: c.smoothing === undefined ? '' : `label_smoothing = ${c.smoothing}`,
    declarations,
    backbone: 'flat()',
  })
}

export function giveStep(
  plan: Plan,
  { optimizer }: StepCase,
): { readonly given: Given; readonly batch: readonly HostTensor[][] } {
  const numbers = optimizer.numbers
  const batch = narrowBatch(plan, STEP).map((own) => own.map((tensor, i) => (i === 2 ? unmirrored(tensor) : tensor)))
  const images = batch.flatMap(([pixels]) => channelsFirst(need(pixels, 'images')))
  const labels = batch.flatMap(([, own]) => [...need(own, 'labels').data])
  const weight = drawWeights('fc.weight', numbers, D, P, 0.01)
  const layer = { weight, bias: drawWeights('fc.bias', numbers, D, 1, 0.1) }
  return { given: { images, labels, layer, centers: drawWeights('centers', numbers, CLASSES, D, 1) }, batch }
}

const unmirrored = (tensor: HostTensor): HostTensor => ({ ...tensor, data: new Uint8Array(tensor.data.length) })

/** Bytes [b,12,12,3] as numbers in [−1, 1], each image channel by channel. */
function channelsFirst(images: HostTensor): number[][] {
  return Array.from({ length: images.data.length / P }, (_, row) =>
    Array.from({ length: P }, (_, i) => {
      const [channel, pixel] = [Math.floor((3 * i) / P), i % (P / 3)]
      return need(images.data[row * P + 3 * pixel + channel], 'a byte') / 127.5 - 1
    }),
  )
}

export interface Expected {
  readonly head: HeadSolution
  readonly norm: number
  readonly weight: Weights
  readonly bias: Weights
}

export function solveStep(c: StepCase, { images, labels, layer, centers }: Given): Expected {
  const sample = { classes: CLASSES, rate: RATE, seed: 2048 }
  const moment = { rate: LR, count: STEP + 1 }
  const optimizer = c.optimizer.numbers
  const head = solveHead({
    embeddings: images.map((image) =>
      layer.weight.weight.map((w, d) =>
        w.reduce((sum, e, i) => sum + e * (image[i] ?? 0), layer.bias.weight[d]?.[0] ?? 0),
      ),
    ),
    labels,
    centers,
    taking: c.isSampled ? stepClasses(sample, STEP, labels) : centers.weight.map((_, k) => k),
    margin: c.margin.numbers,
    smoothing: c.smoothing ?? 0,
    gradient: c.gradient,
    update: c.update,
    optimizer,
    moment,
  })
  const ofRow = (d: number, row: number) => head.embeddings[row]?.[d] ?? Number.NaN
  const bias = layer.bias.weight.map((_, d) => [images.reduce((sum, _, row) => sum + ofRow(d, row), 0)])
  const weight = layer.weight.weight.map((own, d) =>
    own.map((_, i) => images.reduce((sum, image, row) => sum + ofRow(d, row) * (image[i] ?? 0), 0)),
  )
  const norm = Math.sqrt([...weight, ...bias].flat().reduce((sum, g) => sum + g * g, 0))
  const clipped = (m: Matrix) => m.map((row) => row.map((g) => g * Math.min(1, CLIP / (norm + 1e-6))))
  return {
    head,
    norm,
    weight: updateWeights(optimizer, moment, layer.weight, clipped(weight)),
    bias: updateWeights(optimizer, moment, layer.bias, clipped(bias)),
  }
}

/** The tensors of weights by their names in the plan. */
export function namedTables(name: string, { weight, states }: Weights): (readonly [string, Matrix])[] {
  return [[name, weight], ...Array.from(states, ([own, state]) => [`${name}.${own}`, state] as const)]
}
