/**
 * The op kinds of the tensor graph and their parameters, named after StableHLO. Each kind has one rule in each of the tables
 * `infer`, `vjp`, `cost` (compiler/ir), `emit` (compiler/stablehlo) and `interpret` (runtime/tfjs).
 *
 * Legend: N batch, H W image height and width, C channels, K chosen rows, R replicas. Images are NHWC, filters HWIO.
 */
import type { DType } from './dtype.ts'

/** Parameters of the convolution kinds. Filter gradients and input gradients take those of the forward convolution. */
export interface Conv2dParams {
  readonly stride: readonly [number, number]
  /** Zeros added: [[top, bottom], [left, right]]. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
  /** C and the filter's output channels are split into this number of groups; groups = C is a depthwise convolution. */
  readonly groups: number
  /** The distance of neighboring window places in the image, where it is not [1, 1]. */
  readonly dilation?: readonly [number, number]
}

/** Parameters of pooling: one window moves over every channel. */
export interface PoolParams {
  /** [height, width] */
  readonly window: readonly [number, number]
  readonly stride: readonly [number, number]
  /** Places outside of the image, which never hold the maximum: [[top, bottom], [left, right]]. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
}

export type CompareDirection = 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE'
type None = Readonly<Record<never, never>>

/** Dense constant data: the element type's own array (`f16`/`bf16` as bits, `pred` as 0 and 1). */
export type ConstantData = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array | Int8Array

/** Parameters by op kind. Ops have a single result unless noted otherwise. */
export interface OpParams {
  // Sources
  /** Input `index` of the graph. */
  readonly input: {
    readonly index: number
    readonly name: string
    readonly dtype: DType
    readonly shape: readonly number[]
  }
  /** A number repeated over `shape`, or dense data. */
  readonly constant: { readonly dtype: DType; readonly shape: readonly number[]; readonly value: number | ConstantData }
  /** The index along `dim`. */
  readonly iota: { readonly dtype: DType; readonly shape: readonly number[]; readonly dim: number }
  /** This replica's number, u32[]. */
  readonly replica_id: None

  // Elementwise, one operand
  readonly abs: None
  readonly negate: None
  readonly sign: None
  readonly floor: None
  readonly exponential: None
  readonly log: None
  readonly sqrt: None
  readonly rsqrt: None
  readonly tanh: None
  readonly logistic: None
  readonly sine: None
  readonly cosine: None
  /** Arc cosine in radians; defined on [-1, 1]. */
  readonly acos: None
  /** The error function: 2/√π · ∫₀ˣ exp(−t²) dt. */
  readonly erf: None
  /** `pred`: neither infinite nor NaN. */
  readonly not: None
  /** `pred`: neither infinite nor NaN. */
  readonly is_finite: None
  /** float → integer truncates toward zero; wider → narrower integers wrap; anything → pred is `!= 0`. */
  readonly convert: { readonly dtype: DType }
  /** The same bits as another 32-bit type: f32, i32 or u32. */
  readonly bitcast: { readonly dtype: DType }

  // Elementwise, two operands of one type
  readonly add: None
  readonly subtract: None
  readonly multiply: None
  readonly divide: None
  readonly remainder: None
  readonly power: None
  readonly maximum: None
  readonly minimum: None
  readonly and: None
  readonly or: None
  readonly xor: None
  readonly shift_left: None
  /** Shifts in zeros from the left. */
  readonly shift_right_logical: None
  /** `pred` of the operands' shape. */
  readonly compare: { readonly direction: CompareDirection }
  /** Operands: pred, value where true, value where false; all have the same shape. */
  readonly select: None

  // Movement
  /** Operand dim i becomes dim `dims[i]` of `shape` (equal, or 1 and repeated); the other dims repeat. */
  readonly broadcast_in_dim: { readonly shape: readonly number[]; readonly dims: readonly number[] }
  readonly reshape: { readonly shape: readonly number[] }
  /** Result dim i is operand dim `permutation[i]`. */
  readonly transpose: { readonly permutation: readonly number[] }
  readonly reverse: { readonly dims: readonly number[] }
  readonly slice: {
    readonly start: readonly number[]
    readonly limit: readonly number[]
    readonly stride: readonly number[]
  }
  /** Operands: tensor, fill scalar. `interior` elements are inserted between neighbors; negative edges crop. */
  readonly pad: {
    readonly low: readonly number[]
    readonly high: readonly number[]
    readonly interior: readonly number[]
  }
  readonly concatenate: { readonly dim: number }
  /** Operands: tensor, then one i32[] start per dim; starts are clamped so that the slice is in bounds. */
  readonly dynamic_slice: { readonly sizes: readonly number[] }
  /** Operands: tensor, update, then one i32[] start per dim (clamped). */
  readonly dynamic_update_slice: None
  /** Operands: table [M, …], i32[K] row numbers (clamped to the table); result [K, …]. */
  readonly gather_rows: None
  /**
   * Operands: table [M, …], i32[K] row numbers, rows [K, …]; rows with a number outside the table are dropped. `set` requires
   * distinct numbers; `add` sums repeated ones.
   */
  readonly scatter_rows: { readonly mode: 'set' | 'add' }

  // Reductions: `dims` disappear
  readonly reduce_sum: { readonly dims: readonly number[] }
  readonly reduce_max: { readonly dims: readonly number[] }
  readonly reduce_min: { readonly dims: readonly number[] }

  // Linear algebra
  /** Result dims: batch, then the left's free dims, then the right's. Operands of one dtype; `dtype` is the result's. */
  readonly dot_general: {
    readonly lhsBatch: readonly number[]
    readonly rhsBatch: readonly number[]
    readonly lhsContract: readonly number[]
    readonly rhsContract: readonly number[]
    readonly dtype: DType
  }
  /** Operands: images [N,H,W,C], filter [kh,kw,C/groups,O]; result [N,H',W',O]. */
  readonly conv2d: Conv2dParams
  /** Operands: result gradient [N,H',W',O], filter; result [N,H,W,C] = `inputShape`. */
  readonly conv2d_input_grad: Conv2dParams & { readonly inputShape: readonly number[] }
  /** Operands: images, result gradient; result = `filterShape`. */
  readonly conv2d_filter_grad: Conv2dParams & { readonly filterShape: readonly number[] }
  /** Operand: images [N,H,W,C]; result [N,H',W',C], the largest element in each place of the window. */
  readonly max_pool: PoolParams
  /**
   * Operands: images, result, result gradient; result: gradient of the images. The first place, row by row, that holds the maximum
   * takes all of its gradient.
   */
  readonly max_pool_grad: PoolParams
  /**
   * Operands: x [...,C], scale [C], offset [C], near [C]; results: y, mean [C], variance [C] (biased), over all dims but the
   * last. All except x and y are f32 (f64 for f64) whatever the type of x. `near` is a value near the mean, such as a running
   * mean: it affects only rounding, and lets an engine compute mean and variance in one pass.
   */
  readonly batch_norm_training: { readonly epsilon: number }
  /** Operands: x, scale, mean, variance, gradient of y; results: gradients of x, scale, offset. */
  readonly batch_norm_grad: { readonly epsilon: number }

  // Control
  /**
   * Operands: `invariants` constant values, then the carried ones. The region's inputs: i32[] trip number, invariants, carried;
   * its outputs, and the op's results: carried.
   */
  readonly for_loop: { readonly trips: number; readonly invariants: number }
  /** Any number of values, unchanged; nothing is fused or moved across. */
  readonly optimization_barrier: None

  // Collectives over all R replicas
  /** Any number of operands, each reduced elementwise over the replicas. */
  readonly all_reduce: { readonly reduction: 'sum' | 'max' }
  /** Concatenates the replicas' operands along `dim`, in replica order. */
  readonly all_gather: { readonly dim: number }
  /** Sums over the replicas; replica r receives the r-th part along `dim`. */
  readonly reduce_scatter: { readonly dim: number }
}

export type OpKind = keyof OpParams
