/**
 * The state between steps, and its order: the backbone's weights and buffers, their optimizer state, the centers.
 *
 * The vectors of a backbone (scales and offsets of normalizations, slopes, biases) are concatenated in one tensor, and so are
 * running statistics and the optimizer state of vectors: an update is one kernel instead of hundreds, and a step has few inputs.
 */

import { need } from '../../grammar/diagnostic.ts'
import type { ChosenExperiment, Optimizer } from '../experiment/experiment.ts'
import type { DeviceTraits } from '../ir/device-traits.ts'
import { elementCount } from '../ir/dtype.ts'
import { toOhwi } from '../ir/filter-order.ts'
import { averageName, centersTable, type NamedTensor, type StateTensor, type Storage } from '../ir/state-tensor.ts'
import type { ParameterSpec } from '../values/elaboration.ts'
import type { Initializer } from '../values/value.ts'
import { centerState, type StoredTensor, storedTensors } from './center-storage.ts'
import { isElementwise } from './elementwise-optimizer.ts'
import type { RuleOf, WeightRule } from './weight-rules.ts'

/** One of the tensors that a state tensor holds. */
interface StatePart {
  readonly named: NamedTensor
  readonly initializer: Initializer
  /** Tensors with the same key start with the same random numbers. */
  readonly drawnAs: string
}

/** What a step does with a tensor of the backbone, its role, and the name of vectors of this kind that are joined. */
const backboneKinds = {
  /** Updated by its gradient. */
  trained: { role: 'parameter', joined: '*vectors' },
  /** Unchanged: declared so, or frozen. */
  fixed: { role: 'parameter', joined: '*fixed vectors' },
  /** A running statistic. */
  buffer: { role: 'buffer', joined: '*statistics' },
  /** That of a frozen layer, unchanged. */
  fixedBuffer: { role: 'buffer', joined: '*fixed statistics' },
} as const

type BackboneKind = keyof typeof backboneKinds

type Centers = ChosenExperiment['centers']

export interface StateSlot {
  readonly tensor: StateTensor
  /** The contents of `tensor`, in its order. */
  readonly parts: readonly StatePart[]
  /** Set if the backbone declares it. */
  readonly backbone: BackboneKind | undefined
  /** Set if it is trained. */
  readonly rule: WeightRule | undefined
  /** For the average of a weight: the name of the weight's state tensor. */
  readonly averageOf: string | undefined
}

export interface BackboneStateOptions {
  readonly ruleOf: RuleOf
  readonly isFrozenBuffer: (path: string) => boolean
  /** Running statistics are shared by all devices. */
  readonly synced: boolean
  /** How filters are stored. */
  readonly filters: DeviceTraits['filters']
}

export interface StateOptions extends BackboneStateOptions {
  /** Whether weights have averages. */
  readonly averaged: boolean
  /** Center rows of one device, and their width: the embedding width times the centers of a class. */
  readonly rows: number
  readonly width: number
}

/** A state tensor that stores one tensor unchanged. */
export function wholeSlot(tensor: Omit<StateTensor, 'storage' | 'holds'>, initializer: Initializer): StateSlot {
  const named: NamedTensor = { name: tensor.name, shape: tensor.shape, layout: 'same' }
  return {
    tensor: { ...tensor, storage: 'whole', holds: [named] },
    parts: [{ named, initializer, drawnAs: named.name }],
    ...isNotOfBackbone,
  }
}

const isNotOfBackbone = { backbone: undefined, rule: undefined, averageOf: undefined }

/** Weights, buffers, then optimizer states, averages, then centers and their optimizer state. */
export function stateSlots(
  parameters: readonly ParameterSpec[],
  { centersOptimizer, centers }: Pick<ChosenExperiment, 'centersOptimizer' | 'centers'>,
  options: StateOptions,
): readonly StateSlot[] {
  const weights = backboneSlots(parameters, options)
  const trained = weights.filter((slot) => slot.backbone === 'trained')
  return [
    ...weights,
    ...trained.flatMap(optimizerSlots),
    ...(options.averaged ? trained.map(averageSlot) : []),
    ...centerSlots(centersOptimizer, centers, options),
  ]
}

/**
 * XLA reads a part of a vector inside the kernel that uses it if the vector has at most 2^16 elements; for a longer one it
 * creates a kernel per part.
 */
const longestFlat = 3 * 2 ** 14

/** Tensors of the backbone that a step treats alike. */
interface Treatment {
  readonly kind: BackboneKind
  readonly rule: WeightRule | undefined
}

function treatmentOf(spec: ParameterSpec, { ruleOf, isFrozenBuffer }: BackboneStateOptions): Treatment {
  if (spec.buffer) return { kind: isFrozenBuffer(spec.path) ? 'fixedBuffer' : 'buffer', rule: undefined }
  const rule = spec.trainable ? ruleOf(spec.path) : undefined
  return { kind: rule === undefined ? 'fixed' : 'trained', rule }
}

/** Vectors that are treated alike, in groups of up to the maximum length. */
function joinedVectors(parameters: readonly ParameterSpec[], options: BackboneStateOptions) {
  const kinds = Object.keys(backboneKinds) as BackboneKind[]
  // An optimizer that uses more than one element of a vector at a time needs separate vectors.
  const canJoin = (rule: WeightRule | undefined) => rule === undefined || isElementwise(rule.optimizer)
  return kinds.flatMap((kind) => {
    const byRule = new Map<WeightRule | undefined, ParameterSpec[]>()
    for (const spec of parameters) {
      const own = treatmentOf(spec, options)
      if (own.kind !== kind || spec.shape.length !== 1) continue
      byRule.set(own.rule, [...(byRule.get(own.rule) ?? []), spec])
    }
    const joinable = [...byRule].filter(([rule]) => canJoin(rule))
    const groups = joinable.flatMap(([rule, own]) => groupsOf(own).map((specs) => ({ rule, specs })))
    return groups.map(({ rule, specs }, i) => {
      const { joined } = backboneKinds[kind]
      return { name: i === 0 ? joined : `${joined} ${i + 1}`, kind, rule, specs }
    })
  })
}

/** Weights and buffers of a backbone. */
export function backboneSlots(
  parameters: readonly ParameterSpec[],
  options: BackboneStateOptions,
): readonly StateSlot[] {
  const joined = joinedVectors(parameters, options)
  const inside = new Set(joined.flatMap(({ specs }) => specs))
  const common = (kind: BackboneKind) => ({
    role: backboneKinds[kind].role,
    dtype: 'f32' as const,
    placement: kind === 'buffer' && !options.synced ? ('local' as const) : ('replicated' as const),
  })
  return [
    ...joined.map(({ name, kind, rule, specs }): StateSlot => {
      const parts = specs.map(partOf)
      const holds = parts.map(({ named }) => named)
      const elements = holds.reduce((sum, named) => sum + elementCount(named.shape), 0)
      const tensor: StateTensor = { name, ...common(kind), shape: [elements], storage: 'flat', holds }
      return { tensor, parts, backbone: kind, rule, averageOf: undefined }
    }),
    ...parameters
      .filter((spec) => !inside.has(spec))
      .map((spec): StateSlot => {
        const { kind, rule } = treatmentOf(spec, options)
        const part = partOf(spec)
        const storage = spec.layout === 'oihw' ? options.filters : 'whole'
        const shape = storedShape(spec.shape, storage)
        const tensor: StateTensor = { name: spec.path, ...common(kind), shape, storage, holds: [part.named] }
        return { tensor, parts: [part], backbone: kind, rule, averageOf: undefined }
      }),
  ]
}

/** Groups neighbors up to the maximum length; a tensor that would be alone is not joined. */
function groupsOf(own: readonly ParameterSpec[]): ParameterSpec[][] {
  const groups: ParameterSpec[][] = []
  let elements = Number.POSITIVE_INFINITY
  for (const spec of own) {
    elements += elementCount(spec.shape)
    const last = groups.at(-1)
    if (last !== undefined && elements <= longestFlat) {
      last.push(spec)
    } else {
      groups.push([spec])
      elements = elementCount(spec.shape)
    }
  }
  return groups.filter((group) => group.length > 1)
}

function partOf({ path, shape, layout, initializer }: ParameterSpec): StatePart {
  return { named: { name: path, shape, layout }, initializer, drawnAs: path }
}

function storedShape(shape: readonly number[], storage: Storage): readonly number[] {
  return storage === 'ohwi' ? toOhwi.map((dim) => need(shape[dim], `dim ${dim} of a filter`)) : shape
}

function optimizerSlots({ tensor, parts, rule }: StateSlot): StateSlot[] {
  return need(rule, 'the rule of a trained weight').optimizer.states.map((state) => {
    const initializer: Initializer = { kind: 'constant', value: state.initial }
    const own = parts.map(({ named }): StatePart => {
      const name = `${named.name}.${state.name}`
      return { named: { ...named, name }, initializer, drawnAs: name }
    })
    const name = `${tensor.name}.${state.name}`
    return {
      tensor: { ...tensor, name, role: 'optimizer', holds: own.map(({ named }) => named) },
      parts: own,
      ...isNotOfBackbone,
    }
  })
}

/** The average of a weight starts as the weight. */
function averageSlot({ tensor, parts }: StateSlot): StateSlot {
  const own = parts.map(
    (part): StatePart => ({ ...part, named: { ...part.named, name: averageName(part.named.name) } }),
  )
  return {
    tensor: { ...tensor, name: averageName(tensor.name), role: 'average', holds: own.map(({ named }) => named) },
    parts: own,
    ...isNotOfBackbone,
    averageOf: tensor.name,
  }
}

function centerSlots(optimizer: Optimizer, centers: Centers, { rows, width }: StateOptions): StateSlot[] {
  const placement = centers.placement === 'shard' ? 'sharded' : 'replicated'
  const slot = ({ name, dtype, shape }: StoredTensor, role: StateTensor['role'], initializer: Initializer) =>
    wholeSlot({ name, role, shape, dtype, placement }, initializer)
  const shape = [rows, width] as const
  return [
    ...storedTensors(centersTable, centers.weights, shape, 0).map((tensor) =>
      slot(tensor, 'centers', { kind: 'normal', std: centers.std }),
    ),
    ...optimizer.states.flatMap((state) =>
      storedTensors(centerState(state.name), centers.state, shape, state.initial).map((tensor) =>
        slot(tensor, 'centers_optimizer', { kind: 'constant', value: tensor.initial }),
      ),
    ),
  ]
}
