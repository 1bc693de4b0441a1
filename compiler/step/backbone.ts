/**
 * Adds a backbone to a graph: its parameters become inputs of the graph (or are values from outside), and its new running
 * statistics are collected.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Backbone } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Op, Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import type { Elaboration, ParameterSpec } from '../values/elaboration.ts'

export interface BackboneParameters {
  /** In declaration order. */
  readonly specs: readonly ParameterSpec[]
  /** Paths of the weights of convolutions and products. */
  readonly matrices: ReadonlySet<string>
}

const known = new WeakMap<Backbone, BackboneParameters>()

/** The backbone's parameters and buffers in training; `undefined` if its shapes do not fit. Determined once for each backbone. */
export function backboneParameters(backbone: Backbone): BackboneParameters | undefined {
  const found = known.get(backbone) ?? inOutline(backbone) ?? inTraining(backbone)
  if (found !== undefined) known.set(backbone, found)
  return found
}

function inOutline({ parameters, outline }: Backbone): BackboneParameters | undefined {
  return outline && { specs: parameters, matrices: matrixWeights(outline.ops, outline.parameters) }
}

function inTraining(backbone: Backbone): BackboneParameters | undefined {
  const b = new GraphBuilder('parameters', 1)
  const specs: ParameterSpec[] = []
  const values = new Map<string, Value>()
  const elaboration: Elaboration = {
    builder: b,
    mode: 'train',
    compute: 'f32',
    parameter(spec) {
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
  if (backbone.apply(elaboration, images) === undefined) return undefined
  return { specs, matrices: matrixWeights(b.ops, values) }
}

/**
 * Weights that are an operand of a convolution or a product, directly or as something computed from them alone, such as their
 * transpose. A position embedding is not: it is added to activations.
 */
function matrixWeights(all: readonly Op[], parameters: ReadonlyMap<string, Value>): ReadonlySet<string> {
  const origin = new Map(Array.from(parameters, ([path, value]) => [value, path]))
  const found = new Set<string>()
  for (const op of all) {
    const paths = op.operands.filter(({ op: source }) => source.kind !== 'constant').map((value) => origin.get(value))
    if (op.kind === 'conv2d' || op.kind === 'dot_general')
      for (const path of paths) if (path !== undefined) found.add(path)
    const [first] = paths
    if (first !== undefined && paths.every((path) => path === first))
      for (const result of op.results) origin.set(result, first)
  }
  return found
}

export interface AppliedBackbone {
  /** f32 [N,D] */
  readonly embeddings: Value
  /** New values of buffers, by path. */
  readonly updates: ReadonlyMap<string, Value>
}

/** Applies a backbone with verified shapes to images f32 [N,H,W,C]. */
export function applyBackbone(
  b: GraphBuilder,
  backbone: Backbone,
  images: Value,
  options: {
    readonly mode: Elaboration['mode']
    readonly compute: DType
    readonly synced?: boolean
    /** For training: whether a layer is frozen. */
    readonly frozen?: Elaboration['frozen']
    readonly weights: ReadonlyMap<string, Value>
    /** For training: the source of random numbers. */
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
    ...(options.frozen === undefined ? {} : { frozen: options.frozen }),
  }
  const embeddings = need(backbone.apply(elaboration, images), 'a backbone that was elaborated before')
  return { embeddings, updates }
}
