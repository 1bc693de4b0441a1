/**
 * The context of the language's primitives while a backbone, margin or optimizer is turned into graph ops: the builder, the
 * source of parameters, and whether this is training or evaluation.
 *
 * Legend: N batch, C channels.
 */
import type { Span } from '../../grammar/source.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Op, Value } from '../ir/graph.ts'
import type { NamedTensor } from '../ir/state-tensor.ts'
import type { Initializer } from './value.ts'

/** A trainable weight or a buffer of the backbone. */
export interface ParameterSpec {
  /** `layer1.0.bn1.weight`, as in arcface_torch's state dict. */
  readonly path: string
  /** In arcc's own layout. */
  readonly shape: readonly number[]
  readonly initializer: Initializer
  /** False for buffers (running statistics) and for fixed weights, such as `features.weight`. */
  readonly trainable: boolean
  /** True for running statistics: the training step outputs their new value. */
  readonly buffer: boolean
  /** How the state dict of arcface_torch orders its dims: a filter [kh,kw,I,O] is `oihw` there. */
  readonly layout: NamedTensor['layout']
  /** Multiplies and adds of one forward pass per image that use it are counted by the graph, not here. */
  readonly span: Span
}

/** A backbone as evaluation applies it to one image. */
export interface OutlineGraph {
  readonly ops: readonly Op[]
  /** Weights and buffers, inputs of the graph, by their paths. */
  readonly parameters: ReadonlyMap<string, Value>
}

export interface Elaboration {
  readonly builder: GraphBuilder
  readonly mode: 'train' | 'evaluate'
  /** Element type of convolutions and matrix products. */
  readonly compute: DType
  /** In training: batch normalization uses the statistics of all devices' batches. */
  readonly synced?: boolean
  /** In training: whether a layer, by its path, is frozen and behaves as in evaluation. */
  readonly frozen?: (path: string) => boolean
  /** The value of a parameter; the first call for a path declares it. f32, in arcc's layout. */
  parameter(spec: ParameterSpec): Value
  /** In training: f32 in (0, 1] of `shape` [N,…], keyed by the path, the step and the sample's row in the global batch. */
  random?(path: string, shape: readonly number[]): Value
  /** Called where code asks for what differs between elaborations of a backbone: whether this is training, or the number of images. */
  vary?(): void
  /** In training: sets a buffer's new value, with the buffer's shape, f32. */
  update(path: string, value: Value): void
}
