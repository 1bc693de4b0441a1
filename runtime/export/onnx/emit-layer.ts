/**
 * Layers that ONNX has one operator for.
 *
 * Legend: N batch, C channels, T tokens, I O features.
 */
import type { Value } from '../../../compiler/ir/graph.ts'
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { Scope } from './emitter.ts'
import type { AffineLayer, Layer, Normalization } from './layers.ts'
import { float, int } from './model.ts'
import { storedType } from './rule.ts'
import { emitOp } from './rules.ts'
import { emitConv, nchw, oihw } from './rules-linalg.ts'
import { type Computed, type Content, type StoredType, storedAs } from './stored-tensor.ts'
import { inOrder, type View } from './view.ts'
import { weightOf } from './weight-of.ts'

type Of<K extends Layer['kind']> = Extract<Layer, { kind: K }>

/** Throws ARC6800 for an op that exports do not have. */
export function emitLayer(layer: Layer, scope: Scope): View {
  scope.emitter.at(layer.kind === 'conv' || layer.kind === 'linear' ? layer.product : layer.result.op)
  switch (layer.kind) {
    case 'op':
      return emitOp(layer.op, scope)
    case 'conv':
      return emitConvolution(layer, scope)
    case 'linear':
      return emitLinear(layer, scope)
    case 'batch_norm':
      return emitBatchNorm(layer, scope)
    case 'layer_norm':
      return emitLayerNorm(layer, scope)
    case 'prelu':
      return alongChannels('PRelu', layer.x, vectorView(layer.slope, layer.x, scope), scope)
    case 'relu': {
      const { view } = scope.placed(layer.x)
      return { ...view, tensor: scope.emitter.node('Relu', [scope.emitter.nameOf(view)]) }
    }
    case 'clip':
      return emitClip(layer, scope)
    case 'softmax': {
      const order = inOrder(layer.x.type.shape.length)
      const x = scope.emitter.whole(scope.placed(layer.x), order)
      return { tensor: scope.emitter.node('Softmax', [x], { axis: int(layer.dim) }), axes: order }
    }
  }
}

const rowsOf = (vector: string) => `${vector}.factor`

/** scale / √(variance + ε) of each channel. */
function factorsOf(norm: Normalization, channels: number): Computed {
  return {
    name: rowsOf(norm.scale),
    shape: [channels],
    async compute(vector) {
      const [scale, variance] = [await vector(norm.scale), await vector(norm.variance)]
      return Float64Array.from(scale, (value, i) => value / Math.sqrt((variance[i] ?? 0) + norm.epsilon))
    },
  }
}

/** offset − (mean − bias) · factor of each channel. */
function shiftOf(norm: Normalization, channels: number, bias: string | undefined): Computed {
  const { compute } = factorsOf(norm, channels)
  return {
    name: bias ?? `${norm.offset}.shift`,
    shape: [channels],
    async compute(vector) {
      const [factors, offset, mean] = [await compute(vector), await vector(norm.offset), await vector(norm.mean)]
      const added = bias === undefined ? undefined : await vector(bias)
      return factors.map((factor, i) => (offset[i] ?? 0) - ((mean[i] ?? 0) - (added?.[i] ?? 0)) * factor)
    },
  }
}

/** The weight, and the bias if there is one, as `order` says; with a normalization folded in. */
function affineWeights(layer: AffineLayer, order: readonly number[], scope: Scope): readonly string[] {
  const { emitter } = scope
  const { norm, bias } = layer
  const { view, extents } = scope.placed(layer.weight)
  const channels = layer.result.type.shape.at(-1) ?? 0
  if (norm === undefined) {
    const weight = emitter.whole({ view, extents }, order)
    return bias === undefined ? [weight] : [weight, emitter.nameOf(vectorView(bias, layer.result, scope))]
  }
  const { tensor, axes } = view
  const stored = need(typeof tensor === 'string' || tensor.content.kind !== 'weight' ? undefined : tensor, 'a weight')
  const content: Content = { ...stored.content, kind: 'weight', factors: factorsOf(norm, channels) } as Content
  const weight = emitter.whole({ view: { tensor: { ...stored, content }, axes }, extents }, order)
  const shift: Content = { kind: 'computed', ...shiftOf(norm, channels, weightOf(bias)) }
  return [weight, emitter.stored(storedAs(shift, stored.type))]
}

function emitConvolution(layer: Of<'conv'>, scope: Scope): View {
  const { emitter } = scope
  const x = emitter.whole(scope.placed(layer.x), nchw)
  const weights = affineWeights(layer, oihw, scope)
  return emitConv(layer.conv, x, weights, { node: (...given) => emitter.node(...given) })
}

function emitLinear(layer: Of<'linear'>, scope: Scope): View {
  const { emitter } = scope
  const rank = layer.x.type.shape.length
  const x = emitter.whole(scope.placed(layer.x), inOrder(rank))
  if (rank === 2) {
    const tensor = emitter.node('Gemm', [x, ...affineWeights(layer, [0, 1], scope)], { transB: int(1) })
    return { tensor, axes: [0, 1] }
  }
  const [weight = '', bias] = affineWeights(layer, [1, 0], scope)
  const product = emitter.node('MatMul', [x, weight])
  return { tensor: bias === undefined ? product : emitter.node('Add', [product, bias]), axes: inOrder(rank) }
}

/** A vector of the state dict, with the element type of `like`. */
function vectorView(vector: Value, like: Value, scope: Scope): View {
  const { tensor, axes } = scope.placed(vector).view
  if (typeof tensor === 'string') return bug(`${vector.op.kind} as a stored vector`)
  return { tensor: { ...tensor, type: storedType(like.op, like.type.dtype) }, axes }
}

/** An operator on x and a stored vector of its channels. */
function alongChannels(operator: string, x: Value, vector: View, scope: Scope): View {
  const placed = scope.placed(x)
  const last = x.type.shape.length - 1
  const along: View = { tensor: vector.tensor, axes: [last] }
  const { names, axes } = scope.emitter.aligned([placed, { view: along, extents: placed.extents }])
  return { tensor: scope.emitter.node(operator, names), axes }
}

/**
 * In f32 as BatchNormalization where the channels are dim 1 of the tensor. Elsewhere, and in f16, whose range running variances may
 * exceed, as a product and a sum.
 */
function emitBatchNorm({ x, norm, result }: Of<'batch_norm'>, scope: Scope): View {
  const { emitter } = scope
  const placed = scope.placed(x)
  const { shape, dtype } = x.type
  const channels = shape.at(-1) ?? 0
  const type = storedType(result.op, dtype)
  const { axes } = placed.view
  if (
    type === 'f32' &&
    axes[1] === shape.length - 1 &&
    axes.length === shape.length &&
    axes.every((axis) => axis !== undefined)
  ) {
    const vectors = [norm.scale, norm.offset, norm.mean, norm.variance].map((name) =>
      emitter.stored(storedAs({ kind: 'weight', name, shape: [channels] }, type)),
    )
    const inputs = [emitter.nameOf(placed.view), ...vectors]
    return { tensor: emitter.node('BatchNormalization', inputs, { epsilon: float(norm.epsilon) }), axes }
  }
  const stored = (computed: Computed): View => ({
    tensor: storedAs({ kind: 'computed', ...computed }, type),
    axes: [0],
  })
  const scaled = alongChannels('Mul', x, stored(factorsOf(norm, channels)), scope)
  const scopeOfScaled: Scope = { ...scope, placed: () => ({ ...placed, view: scaled }) }
  return alongChannels('Add', x, stored(shiftOf(norm, channels, undefined)), scopeOfScaled)
}

function emitLayerNorm({ x, scale, offset, epsilon }: Of<'layer_norm'>, scope: Scope): View {
  const { emitter } = scope
  const order = inOrder(x.type.shape.length)
  const vectors = [scale, offset].map((vector) => emitter.nameOf(scope.placed(vector).view))
  const inputs = [emitter.whole(scope.placed(x), order), ...vectors]
  const attributes = { axis: int(order.length - 1), epsilon: float(epsilon) }
  return { tensor: emitter.node('LayerNormalization', inputs, attributes), axes: order }
}

function emitClip({ x, low, high, result }: Of<'clip'>, scope: Scope): View {
  const { emitter } = scope
  const { view } = scope.placed(x)
  const type: StoredType = storedType(result.op, x.type.dtype)
  const limit = (value: number) => emitter.stored(storedAs({ kind: 'numbers', values: [value], shape: [] }, type))
  return { ...view, tensor: emitter.node('Clip', [emitter.nameOf(view), limit(low), limit(high)]) }
}
