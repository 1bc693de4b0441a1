/**
 * The training step of one replica: forward, margin softmax, backward, all-reduce, clip, update. Everything that changes between
 * steps is an input; everything else is a constant of the graph.
 *
 * Legend: b images of one device, H W height and width, D embedding width.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { SettledExperiment } from '../experiment/experiment.ts'
import { batchPerDevice } from '../experiment/lengths.ts'
import { GraphBuilder } from '../ir/build.ts'
import type { Graph, Output, Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { type ClassShard, isOfCenters, type StateTensor } from '../ir/state-tensor.ts'
import { type StepMetric, stepMetrics } from '../ir/step-metrics.ts'
import type { ParameterSpec } from '../values/elaboration.ts'
import { averageDecay, averaged } from './average.ts'
import { countsOf } from './class-counts.ts'
import { buildHead } from './head-update.ts'
import type { ImageDType } from './images.ts'
import { lossScale } from './loss-scale.ts'
import { keptOf, updateMargin } from './margin-state.ts'
import { reduceGradients } from './reduce-gradients.ts'
import type { SamplingPlan } from './sampling.ts'
import type { StatisticsExchange } from './softmax-statistics.ts'
import type { StateSlot } from './state.ts'
import { namedValues, storedValue } from './stored-values.ts'
import { buildTrunk, type Trunk } from './trunk.ts'
import {
  applyOptimizer,
  type Clock,
  clipGradients,
  gradientNorm,
  rateTimes,
  scaleBy,
  selectAll,
  unscale,
} from './update.ts'

export interface StepOptions {
  readonly classes: number
  readonly steps: number
  readonly stepsPerEpoch: number
  /** What `train.lr_scaling` multiplies learning rates by. */
  readonly lrScale: number
  readonly images: ImageDType
  readonly sampling: { readonly plan: SamplingPlan; readonly slots: number } | undefined
  /** Number of chunks of the head's center rows; divides the rows of a step. */
  readonly chunks: number
  /** Whether gradients are all-reduced in groups. */
  readonly grouped: boolean
  /** How the head's softmax statistics are exchanged. */
  readonly exchange: StatisticsExchange
}

function isCenters({ tensor }: StateSlot): boolean {
  return isOfCenters(tensor)
}

export function buildStep(
  experiment: SettledExperiment,
  parameters: readonly ParameterSpec[],
  slots: readonly StateSlot[],
  shards: readonly ClassShard[],
  options: StepOptions,
): Graph {
  const { backbone, train, margin } = experiment
  const b = new GraphBuilder('step', shards.length)
  const state = new Map<string, Value>()
  for (const { tensor } of slots) state.set(tensor.name, b.input(tensor.name, tensor))
  const batch = batchPerDevice(experiment)
  const images = b.input('images', { dtype: options.images, shape: [batch, ...backbone.input] })
  const labels = b.input('labels', { dtype: 'i32', shape: [batch] })
  const flip = b.input('flip', { dtype: 'u8', shape: [batch] })
  const step = b.input('step', { dtype: 'i32', shape: [] })
  const get = (name: string) => need(state.get(name), `state ${name}`)
  const trainedSlots = slots.filter((slot) => slot.backbone === 'trained')
  const trained = trainedSlots.map((slot) => slot.tensor)
  const ofBackbone = slots.filter((slot) => slot.backbone !== undefined).map((slot) => slot.tensor)
  const weights = b.within({ phase: 'forward' }, () => namedValues(b, ofBackbone, get))

  const trunk = buildTrunk(b, experiment, {
    images,
    flip,
    step,
    parameters,
    weights,
  })

  const clocks = b.within({ phase: 'update', path: 'update' }, () => scheduledClocks(b, experiment, step, options))
  const clock = clocks.backbone

  const head = b.within({ phase: 'head', path: 'head' }, () => {
    const sampling = options.sampling === undefined ? undefined : { ...options.sampling, seed: train.seed, step }
    const tables = new Map(slots.filter(isCenters).map(({ tensor }) => [tensor.name, get(tensor.name)]))
    return buildHead(b, experiment, clocks.centers, tables, {
      embeddings: trunk.embeddings,
      labels,
      shards,
      sampling,
      step,
      chunks: options.chunks,
      trunk: trainedSlots.length > 0,
      exchange: options.exchange,
      margin: {
        kept: keptOf(margin, get),
        counts: countsOf(margin, get),
        classes: options.classes,
        seed: train.seed,
        step,
        total: options.steps,
        epoch: options.stepsPerEpoch,
      },
    })
  })

  const scaling = train.precision === 'f16' ? lossScale(b, get) : undefined
  const reduced = b.within({ phase: 'backward' }, () => {
    const cotangent = scaling === undefined ? head.embeddings : scaleBy(b, head.embeddings, scaling.factor)
    return reduceGradients(b, trained, storedGradients(b, trained, trunk, cotangent), {
      dtype: train.reduction,
      grouped: options.grouped,
    })
  })

  const next = new Map<string, Value>()
  const metrics = b.within({ phase: 'update', path: 'update' }, () => {
    const gradients = scaling === undefined ? reduced : unscale(b, reduced, scaling.factor)
    const norm = gradients.length === 0 ? ops.scalar(b, 0, 'f32') : gradientNorm(b, trained, gradients)
    const clipped = train.clip === undefined ? gradients : clipGradients(b, gradients, norm, train.clip)
    const updateClock = scaling === undefined ? clock : { ...clock, step: scaling.update }
    for (const { tensor } of slots.filter((slot) => slot.backbone === 'buffer')) {
      const held = tensor.holds.map(({ name }) => trunk.updates.get(name) ?? need(weights.get(name), name))
      next.set(tensor.name, storedValue(b, tensor, held))
    }
    const rates = rateTimes(b, clock.rate)
    for (const [i, { tensor, rule }] of trainedSlots.entries()) {
      const { name } = tensor
      const { optimizer, factor } = need(rule, `the rule of ${name}`)
      const states = new Map(optimizer.states.map((s) => [s.name, get(`${name}.${s.name}`)]))
      const operands = { weight: get(name), gradient: need(clipped[i], 'a gradient'), states, norms: 'whole' as const }
      const updated = applyOptimizer(b, optimizer, { rate: rates(factor), step: updateClock.step }, operands)
      next.set(name, updated.weight)
      for (const [state, value] of updated.states) next.set(`${name}.${state}`, value)
    }
    if (train.average !== undefined) {
      const kept = averageDecay(b, train.average, updateClock.step)
      for (const { tensor, averageOf } of slots)
        if (averageOf !== undefined)
          next.set(tensor.name, averaged(b, kept, get(tensor.name), need(next.get(averageOf), averageOf)))
    }
    const finite = ops.finite(b, norm)
    if (scaling !== undefined) {
      for (const [name, value] of next) next.set(name, selectAll(b, finite, value, get(name)))
      for (const [name, value] of scaling.after(finite)) next.set(name, value)
    }
    return {
      loss: head.loss,
      gradient_norm: norm,
      rate: clock.rate,
      loss_scale: scaling?.factor ?? ops.scalar(b, 1, 'f32'),
      skipped: scaling === undefined ? ops.scalar(b, 0, 'f32') : ops.convert(b, ops.not(b, finite), 'f32'),
    } satisfies Record<StepMetric, Value>
  })
  for (const [name, value] of head.tables) next.set(name, value)
  const ofMargin = b.within({ phase: 'update', path: 'update' }, () => updateMargin(b, experiment, clock, get, head))
  for (const [name, value] of ofMargin) next.set(name, value)

  const oneTensor = b.within({ phase: 'update', path: 'update' }, () => {
    const parts = stepMetrics.map((name) => ops.reshape(b, metrics[name], [1]))
    return ops.concatenate(b, parts, 0)
  })
  return b.finish([...stateOutputs(slots, next, get), { name: 'metrics', value: oneTensor }])
}

/** The gradients of the stored weight tensors; zero if none reaches a weight. */
function storedGradients(
  b: GraphBuilder,
  trained: readonly StateTensor[],
  trunk: Trunk,
  cotangent: Value,
): readonly Value[] {
  const named = trained.flatMap((tensor) => tensor.holds)
  const found = trunk.gradients(
    cotangent,
    named.map(({ name }) => name),
  )
  const byName = new Map(named.map(({ name }, i) => [name, found[i]]))
  return trained.map((tensor) => {
    const held = tensor.holds.map(
      ({ name, shape }) => byName.get(name) ?? ops.splat(b, 0, { dtype: tensor.dtype, shape }),
    )
    return storedValue(b, tensor, held)
  })
}

/** The learning rates of this step, and its number. */
function scheduledClocks(
  b: GraphBuilder,
  { schedule, optimizer, centersOptimizer }: SettledExperiment,
  step: Value,
  options: StepOptions,
): { readonly backbone: Clock; readonly centers: Clock } {
  const factor = schedule.factor(b, ops.convert(b, step, 'f32'), options.steps, options.stepsPerEpoch)
  const rate = ops.multiply(b, factor, optimizer.lr * options.lrScale)
  const count = ops.add(b, ops.convert(b, step, 'f32'), 1)
  const backbone: Clock = { rate, step: count }
  if (centersOptimizer.lr === optimizer.lr) return { backbone, centers: backbone }
  return { backbone, centers: { rate: ops.multiply(b, factor, centersOptimizer.lr * options.lrScale), step: count } }
}

/** The new state in the state's order; unchanged tensors (fixed weights) pass through. */
function stateOutputs(
  slots: readonly StateSlot[],
  next: ReadonlyMap<string, Value>,
  get: (name: string) => Value,
): Output[] {
  return slots.map(({ tensor }) => {
    const value = next.get(tensor.name) ?? get(tensor.name)
    if (value.type.dtype !== tensor.dtype) bug(`the new ${tensor.name} is ${value.type.dtype}`)
    return { name: tensor.name, value }
  })
}
