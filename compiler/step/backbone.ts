/**
 * Puts a backbone into a graph: its parameters become inputs of the graph (or values given from outside), its new running
 * statistics are collected.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Backbone } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { Elaboration, ParameterSpec } from '../values/elaboration.ts'

/** The backbone's parameters and buffers, in the order of their declaration; `undefined` where its shapes do not fit. */
export function backboneParameters(backbone: Backbone): readonly ParameterSpec[] | undefined {
  const b = new GraphBuilder('parameters', 1)
  const specs: ParameterSpec[] = []
  const values = new Map<string, Value>()
  const elaboration: Elaboration = {
    builder: b,
    mode: 'train',
    compute: 'f32',
    parameter(spec) {
      const known = values.get(spec.path)
      if (known !== undefined) return known
      specs.push(spec)
      const value = b.input(spec.path, { dtype: 'f32', shape: spec.shape })
      values.set(spec.path, value)
      return value
    },
    random: (_path, shape) => ops.splat(b, 1, { dtype: 'f32', shape }),
    update() {},
  }
  // Two images: batch normalization divides by N·H·W − 1.
  const images = b.input('images', { dtype: 'f32', shape: [2, ...backbone.input] })
  return backbone.apply(elaboration, images) === undefined ? undefined : specs
}

export interface AppliedBackbone {
  /** f32 [N,D] */
  readonly embeddings: Value
  /** New values of buffers, by path. */
  readonly updates: ReadonlyMap<string, Value>
}

/** Applies a backbone whose shapes are known to fit to images f32 [N,H,W,C]. */
export function applyBackbone(
  b: GraphBuilder,
  backbone: Backbone,
  images: Value,
  options: {
    readonly mode: Elaboration['mode']
    readonly compute: DType
    readonly synced?: boolean
    readonly weights: ReadonlyMap<string, Value>
    /** For training: where random numbers come from. */
    readonly random?: Elaboration['random']
  },
): AppliedBackbone {
  const updates = new Map<string, Value>()
  const elaboration: Elaboration = {
    builder: b,
    mode: options.mode,
    compute: options.compute,
    synced: options.synced === true,
    parameter: (spec) => need(options.weights.get(spec.path), `parameter ${spec.path}`),
    update(path, value) {
      updates.set(path, value)
    },
    ...(options.random === undefined ? {} : { random: options.random }),
  }
  const embeddings = need(backbone.apply(elaboration, images), 'a backbone that was elaborated before')
  return { embeddings, updates }
}
