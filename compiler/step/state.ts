/** What lives from step to step, and in which order: the backbone's weights and buffers, their optimizer state, the centers. */
import type { ParameterSpec } from '../evaluate/elaboration.ts'
import type { Initializer } from '../evaluate/value.ts'
import type { Optimizer } from '../experiment.ts'
import type { StateTensor } from '../plan/plan.ts'

export interface StateSlot {
  readonly tensor: StateTensor
  readonly initializer: Initializer
  /** The backbone's declaration; `undefined` for what the compiler adds. */
  readonly parameter: ParameterSpec | undefined
  /** Names the weight that an optimizer state belongs to. */
  readonly of: string | undefined
  /** The optimizer state's own name. */
  readonly stateName: string | undefined
}

export interface CentersShape {
  readonly rows: number
  readonly embedding: number
  readonly std: number
  readonly placement: 'shard' | 'replicate'
}

/** Weights and buffers in the order of their declaration, then optimizer states, then centers and theirs. */
export function stateSlots(
  parameters: readonly ParameterSpec[],
  optimizer: Optimizer,
  centers: CentersShape,
): readonly StateSlot[] {
  const weights = parameters.map(
    (spec): StateSlot => ({
      tensor: {
        name: spec.path,
        role: spec.buffer ? 'buffer' : 'parameter',
        shape: spec.shape,
        dtype: 'f32',
        placement: spec.buffer ? 'local' : 'replicated',
        layout: spec.layout,
      },
      initializer: spec.initializer,
      parameter: spec,
      of: undefined,
      stateName: undefined,
    }),
  )
  const trained = weights.filter((slot) => slot.parameter?.trainable === true && slot.tensor.role === 'parameter')
  const center: StateSlot = {
    tensor: {
      name: 'centers',
      role: 'centers',
      shape: [centers.rows, centers.embedding],
      dtype: 'f32',
      placement: centers.placement === 'shard' ? 'sharded' : 'replicated',
      layout: 'same',
    },
    initializer: { kind: 'normal', std: centers.std },
    parameter: undefined,
    of: undefined,
    stateName: undefined,
  }
  return [
    ...weights,
    ...trained.flatMap((slot) => optimizerSlots(slot, optimizer, 'optimizer')),
    center,
    ...optimizerSlots(center, optimizer, 'centers_optimizer'),
  ]
}

function optimizerSlots(slot: StateSlot, optimizer: Optimizer, role: StateTensor['role']): StateSlot[] {
  return optimizer.states.map((state) => ({
    tensor: { ...slot.tensor, name: `${slot.tensor.name}.${state.name}`, role },
    initializer: { kind: 'constant', value: state.initial },
    parameter: undefined,
    of: slot.tensor.name,
    stateName: state.name,
  }))
}
