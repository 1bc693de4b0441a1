/** What lives from step to step, and in which order: the backbone's weights and buffers, their optimizer state, the centers. */
import type { ParameterSpec } from '../evaluate/elaboration.ts'
import type { Initializer } from '../evaluate/value.ts'
import type { CentersSpec, Optimizer } from '../experiment.ts'
import type { StateTensor } from '../plan/plan.ts'
import { centerState, centersTable, type StoredTensor, storedTensors } from './center-storage.ts'

export interface StateSlot {
  readonly tensor: StateTensor
  readonly initializer: Initializer
  /** The backbone's declaration; `undefined` for what the compiler adds. */
  readonly parameter: ParameterSpec | undefined
}

export interface StateOptions {
  /** Center rows of one device, and their width. */
  readonly rows: number
  readonly embedding: number
  /** Running statistics are those of all devices. */
  readonly synced: boolean
}

/** Weights and buffers in the order of their declaration, then optimizer states, then centers and theirs. */
export function stateSlots(
  parameters: readonly ParameterSpec[],
  optimizer: Optimizer,
  centers: CentersSpec,
  options: StateOptions,
): readonly StateSlot[] {
  const weights = parameters.map(
    (spec): StateSlot => ({
      tensor: {
        name: spec.path,
        role: spec.buffer ? 'buffer' : 'parameter',
        shape: spec.shape,
        dtype: 'f32',
        placement: spec.buffer && !options.synced ? 'local' : 'replicated',
        layout: spec.layout,
      },
      initializer: spec.initializer,
      parameter: spec,
    }),
  )
  const trained = weights.filter((slot) => slot.parameter?.trainable === true && slot.tensor.role === 'parameter')
  return [
    ...weights,
    ...trained.flatMap((slot) => optimizerSlots(slot, optimizer)),
    ...centerSlots(optimizer, centers, options),
  ]
}

function optimizerSlots(slot: StateSlot, optimizer: Optimizer): StateSlot[] {
  return optimizer.states.map((state) => ({
    tensor: { ...slot.tensor, name: `${slot.tensor.name}.${state.name}`, role: 'optimizer' },
    initializer: { kind: 'constant', value: state.initial },
    parameter: undefined,
  }))
}

function centerSlots(optimizer: Optimizer, centers: CentersSpec, { rows, embedding }: StateOptions): StateSlot[] {
  const placement = centers.placement === 'shard' ? 'sharded' : 'replicated'
  const slot = ({ name, dtype, shape }: StoredTensor, role: StateTensor['role'], initializer: Initializer) => ({
    tensor: { name, role, shape, dtype, placement, layout: 'same' } as const,
    initializer,
    parameter: undefined,
  })
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
