/** An ONNX model: nodes, stored tensors, inputs and outputs (onnx.proto of ONNX 1.15, IR version 8). */
import type { Extent } from './extents.ts'
import type { StoredTensor } from './stored-tensor.ts'

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }

export type Attributes = Readonly<Record<string, Attribute>>

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })

export interface OnnxNode {
  readonly name: string
  readonly operator: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Attributes
}

/** An input or an output. */
export interface OnnxPort {
  readonly name: string
  readonly shape: readonly Extent[]
}

export interface OnnxModel {
  readonly opset: number
  readonly name: string
  readonly producerVersion: string
  readonly metadata: ReadonlyMap<string, string>
  readonly nodes: readonly OnnxNode[]
  /** By name. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** f32 */
  readonly input: OnnxPort
  /** f32 */
  readonly output: OnnxPort
}
