/** The tensors that live from step to step: inputs of the step's graph, and the outputs that take their place. */
import type { DType } from './dtype.ts'

/** How dims are ordered in arcface_torch's state dict: as in arcc, or a filter [kh,kw,I,O] as [O,I,kh,kw]. */
export const layouts = ['same', 'oihw'] as const

/** A tensor by the name that people and files have for it. */
export interface NamedTensor {
  /** `layer1.0.bn1.weight`, `layer1.0.bn1.weight.velocity`, `centers`, `centers.velocity`, `loss_scale.factor` */
  readonly name: string
  /** On one device, in the order of dims in which networks are written: filters are [kh,kw,I,O]. */
  readonly shape: readonly number[]
  readonly layout: (typeof layouts)[number]
}

/**
 * How a state tensor holds what it holds: one tensor as it is; one filter [kh,kw,I,O] as [O,kh,kw,I], which is the order that cuDNN
 * reads; or several vectors one after another.
 */
export type Storage = 'whole' | 'ohwi' | 'flat'

/** One tensor that lives from step to step: an input of the step, and the output that takes its place. */
export interface StateTensor {
  /** That of the only tensor in it, or `*vectors`, `*vectors.velocity`, `*statistics`. */
  readonly name: string
  readonly role: 'parameter' | 'buffer' | 'optimizer' | 'scaler' | 'centers' | 'centers_optimizer'
  /** As it is stored on one device. */
  readonly shape: readonly number[]
  readonly dtype: DType
  /** `replicated`: equal on all devices. `local`: each device has its own (running statistics). `sharded`: a part of the classes. */
  readonly placement: 'replicated' | 'local' | 'sharded'
  readonly storage: Storage
  /** In the order in which they are stored. */
  readonly holds: readonly NamedTensor[]
}

/** Classes of one device: [start, start + count). */
export interface ClassShard {
  readonly start: number
  readonly count: number
}
