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
import type { NamedTensor, StateTensor, Storage } from '../ir/state-tensor.ts'
import type { ParameterSpec } from '../values/elaboration.ts'
import type { Initializer } from '../values/value.ts'
import { centerState, centersTable, type StoredTensor, storedTensors } from './center-storage.ts'
import { isElementwise } from './elementwise-optimizer.ts'

/** One of the tensors that a state tensor holds. */
export interface StatePart {
  readonly named: NamedTensor
  readonly initializer: Initializer
}

/** What a step does with a tensor of the backbone. */
const backboneKinds = ['trained', 'fixed', 'buffer'] as const

type Centers = ChosenExperiment['centers']

export interface StateSlot {
  readonly tensor: StateTensor
  /** The contents of `tensor`, in its order. */
  readonly parts: readonly StatePart[]
  /** Whether the backbone declares it, and whether a step changes it by its gradient. */
  readonly backbone: (typeof backboneKinds)[number] | undefined
}

export interface StateOptions {
  /** Center rows of one device, and their width. */
  readonly rows: number
  readonly embedding: number
  /** Running statistics are shared by all devices. */
  readonly synced: boolean
  /** How filters are stored. */
  readonly filters: DeviceTraits['filters']
}

/** A state tensor that stores one tensor unchanged. */
export function wholeSlot(tensor: Omit<StateTensor, 'storage' | 'holds'>, initializer: Initializer): StateSlot {
  const named: NamedTensor = { name: tensor.name, shape: tensor.shape, layout: 'same' }
  return {
    tensor: { ...tensor, storage: 'whole', holds: [named] },
    parts: [{ named, initializer }],
    backbone: undefined,
  }
}

/** Weights, buffers, then optimizer states, then centers and theirs. */
export function stateSlots(
  parameters: readonly ParameterSpec[],
  optimizer: Optimizer,
  centers: Centers,
  options: StateOptions,
): readonly StateSlot[] {
  const weights = backboneSlots(parameters, isElementwise(optimizer), options)
  return [
    ...weights,
    ...weights.filter((slot) => slot.backbone === 'trained').flatMap((slot) => optimizerSlots(slot, optimizer)),
    ...centerSlots(optimizer, centers, options),
  ]
}

type BackboneKind = NonNullable<StateSlot['backbone']>

const kindOf = (spec: ParameterSpec): BackboneKind => (spec.buffer ? 'buffer' : spec.trainable ? 'trained' : 'fixed')

/**
 * XLA reads a part of a vector inside the kernel that uses it if the vector has at most 2^16 elements; for a longer one it
 * creates a kernel per part.
 */
const longestFlat = 3 * 2 ** 14

const flatNames: { readonly [K in BackboneKind]: string } = {
  trained: '*vectors',
  fixed: '*fixed vectors',
  buffer: '*statistics',
}

/** An optimizer that uses more than one element of a weight at a time needs separate weights: nothing is joined then. */
function backboneSlots(parameters: readonly ParameterSpec[], joined: boolean, options: StateOptions): StateSlot[] {
  const flat = backboneKinds.flatMap((kind) => {
    const own = parameters.filter((spec) => spec.shape.length === 1 && kindOf(spec) === kind)
    return joined || kind !== 'trained' ? groupsOf(own).map((group, i) => ({ kind, own: group, number: i + 1 })) : []
  })
  const inside = new Set(flat.flatMap(({ own }) => own))
  const placementOf = (kind: BackboneKind) => (kind === 'buffer' && !options.synced ? 'local' : 'replicated')
  const roleOf = (kind: BackboneKind) => (kind === 'buffer' ? 'buffer' : 'parameter')
  return [
    ...flat.map(({ kind, own, number }): StateSlot => {
      const parts = own.map(partOf)
      const holds = parts.map(({ named }) => named)
      const elements = holds.reduce((sum, named) => sum + elementCount(named.shape), 0)
      const [role, placement, dtype] = [roleOf(kind), placementOf(kind), 'f32'] as const
      const name = number === 1 ? flatNames[kind] : `${flatNames[kind]} ${number}`
      const tensor: StateTensor = { name, role, shape: [elements], dtype, placement, storage: 'flat', holds }
      return { tensor, parts, backbone: kind }
    }),
    ...parameters
      .filter((spec) => !inside.has(spec))
      .map((spec): StateSlot => {
        const kind = kindOf(spec)
        const part = partOf(spec)
        const storage = spec.layout === 'oihw' ? options.filters : 'whole'
        return {
          tensor: {
            name: spec.path,
            role: roleOf(kind),
            shape: storedShape(spec.shape, storage),
            dtype: 'f32',
            placement: placementOf(kind),
            storage,
            holds: [part.named],
          },
          parts: [part],
          backbone: kind,
        }
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
  return { named: { name: path, shape, layout }, initializer }
}

function storedShape(shape: readonly number[], storage: Storage): readonly number[] {
  return storage === 'ohwi' ? toOhwi.map((dim) => need(shape[dim], `dim ${dim} of a filter`)) : shape
}

function optimizerSlots({ tensor, parts }: StateSlot, optimizer: Optimizer): StateSlot[] {
  return optimizer.states.map((state) => {
    const initializer: Initializer = { kind: 'constant', value: state.initial }
    const own = parts.map(({ named }) => ({ named: { ...named, name: `${named.name}.${state.name}` }, initializer }))
    const name = `${tensor.name}.${state.name}`
    return {
      tensor: { ...tensor, name, role: 'optimizer', holds: own.map(({ named }) => named) },
      parts: own,
      backbone: undefined,
    }
  })
}

function centerSlots(optimizer: Optimizer, centers: Centers, { rows, embedding }: StateOptions): StateSlot[] {
  const placement = centers.placement === 'shard' ? 'sharded' : 'replicated'
  const slot = ({ name, dtype, shape }: StoredTensor, role: StateTensor['role'], initializer: Initializer) =>
    wholeSlot({ name, role, shape, dtype, placement }, initializer)
  const shape = [rows, embedding] as const
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
