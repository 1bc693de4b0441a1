/**
 * Tensors that an ONNX file stores: weights of the state dict in the order of dims that an operator wants, and small ones that are
 * computed while the file is written.
 */
import { elementCount } from '../../../compiler/ir/dtype.ts'

/** Element types of stored tensors. */
export type StoredType = 'f32' | 'f16' | 'i32' | 'i64' | 'pred'

/** Where elements come from. */
export type Content =
  /** A tensor of the state dict, in the dim order of files: filters are [O,I,kh,kw]. */
  | {
      readonly kind: 'weight'
      readonly name: string
      readonly shape: readonly number[]
      /** Factors of its rows (dim 0), those of a normalization that is folded into it. */
      readonly factors?: Computed | undefined
    }
  | { readonly kind: 'numbers'; readonly values: readonly number[]; readonly shape: readonly number[] }
  | ({ readonly kind: 'computed' } & Computed)

/** A vector that is computed from weights. */
export interface Computed {
  /** Equal keys are equal vectors; what it is of, for names: `layer1.0.bn1.shift`. */
  readonly name: string
  readonly shape: readonly number[]
  /** `vector` reads a vector of the state dict. */
  compute(vector: (name: string) => Promise<Float32Array>): Promise<Float64Array>
}

/** Contents as a file stores them. */
export interface StoredTensor {
  readonly content: Content
  readonly type: StoredType
  /** Dim i of the stored tensor is dim `order[i]` of the content; −1 is an additional dim of size 1. */
  readonly order: readonly number[]
}

/** As it is, without any reordering. */
export function storedAs(content: Content, type: StoredType): StoredTensor {
  return { content, type, order: content.shape.map((_, dim) => dim) }
}

export function storedShape({ content, order }: StoredTensor): readonly number[] {
  return order.map((dim) => (dim < 0 ? 1 : (content.shape[dim] ?? 0)))
}

const elementBytes: { readonly [T in StoredType]: number } = { f32: 4, f16: 2, i32: 4, i64: 8, pred: 1 }

export function storedBytes(tensor: StoredTensor): number {
  return elementCount(tensor.content.shape) * elementBytes[tensor.type]
}

/** Tensors with equal keys have equal elements, type and shape. */
export function storedKey({ content, type, order }: StoredTensor): string {
  const factors = content.kind === 'weight' ? content.factors?.name : undefined
  const origin = content.kind === 'numbers' ? content.values : content.name
  return JSON.stringify([content.kind, origin, factors ?? '', content.shape, type, order])
}

/** Whether dims with more than one element are in another order than in the content. */
export function isReordered({ content, order }: StoredTensor): boolean {
  const long = order.filter((dim) => dim >= 0 && content.shape[dim] !== 1)
  return long.some((dim, i) => i > 0 && dim < (long[i - 1] ?? 0))
}
