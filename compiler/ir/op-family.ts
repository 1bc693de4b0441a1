/** The families by which the rule tables are split into files. */
export type SourceKind = 'input' | 'constant' | 'iota' | 'replica_id'

/** Elementwise on one operand, result of the same type; floats only. */
export type FloatUnaryKind =
  | 'floor'
  | 'exponential'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'tanh'
  | 'logistic'
  | 'sine'
  | 'cosine'
  | 'acos'
  | 'erf'

export type UnaryKind = FloatUnaryKind | 'abs' | 'negate' | 'sign' | 'not' | 'is_finite' | 'convert' | 'bitcast'

export type LimitKind = 'maximum' | 'minimum'

/** Elementwise on two operands of one type, result of that type. */
export type BinaryKind =
  | LimitKind
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'remainder'
  | 'power'
  | 'and'
  | 'or'
  | 'xor'
  | 'shift_left'
  | 'shift_right_logical'

export type ElementwiseKind = UnaryKind | BinaryKind | 'compare' | 'select'

export type MovementKind =
  | 'broadcast_in_dim'
  | 'reshape'
  | 'transpose'
  | 'reverse'
  | 'slice'
  | 'pad'
  | 'concatenate'
  | 'dynamic_slice'
  | 'dynamic_update_slice'
  | 'gather_rows'
  | 'scatter_rows'

export type ReduceKind = 'reduce_sum' | 'reduce_max' | 'reduce_min'

/** A convolution and its two gradients. */
export const convKinds = ['conv2d', 'conv2d_input_grad', 'conv2d_filter_grad'] as const
export type ConvKind = (typeof convKinds)[number]

export type NormKind = 'batch_norm_training' | 'batch_norm_grad'

export type PoolKind = 'max_pool' | 'max_pool_grad'

export type LinalgKind = 'dot_general' | ConvKind | NormKind | PoolKind

export type ControlKind = 'for_loop' | 'optimization_barrier'

export const collectiveKinds = ['all_reduce', 'all_gather', 'reduce_scatter'] as const
export type CollectiveKind = (typeof collectiveKinds)[number]
