/**
 * The layers of a graph: ops as they are, and those that ONNX has one operator for, recognized by the ops that they consist of.
 *
 * Legend: x [...,C]; vectors [C].
 */
import type { Graph, Op, OpOf, Value } from '../../../compiler/ir/graph.ts'
import { type LayerNorm, layerNormOf } from '../../../compiler/ir/layer-norm.ts'
import {
  beforeConvert,
  bothOrders,
  isSplat,
  operandOf,
  operandsOf,
  perChannel,
  producer,
  reducedAlong,
  repeated,
  splatOf,
} from '../../../compiler/ir/match.ts'
import { weightOf } from './weight-of.ts'

/** The tensors of the state dict of a normalization by running statistics, and its epsilon. */
export interface Normalization {
  readonly scale: string
  readonly offset: string
  readonly mean: string
  readonly variance: string
  readonly epsilon: number
}

/** A convolution or a linear layer, with what follows it. */
interface Affine {
  readonly product: Op
  readonly x: Value
  /** The filter [kh,kw,I,O], or the weight [O,I], perhaps converted. */
  readonly weight: Value
  /** [O] */
  readonly bias: Value | undefined
  /** Folded into weight and bias. */
  readonly norm: Normalization | undefined
}

export type Layer = { readonly result: Value } & (
  | { readonly kind: 'op'; readonly op: Op }
  | ({ readonly kind: 'conv'; readonly conv: OpOf<'conv2d'> } & Affine)
  | ({ readonly kind: 'linear' } & Affine)
  | { readonly kind: 'batch_norm'; readonly x: Value; readonly norm: Normalization }
  | ({ readonly kind: 'layer_norm' } & LayerNorm)
  | { readonly kind: 'prelu'; readonly x: Value; readonly slope: Value }
  | { readonly kind: 'relu'; readonly x: Value }
  | { readonly kind: 'clip'; readonly x: Value; readonly low: number; readonly high: number }
  | { readonly kind: 'softmax'; readonly x: Value; readonly dim: number }
)

/** Layers that have a weight and perhaps a bias. */
export type AffineLayer = Extract<Layer, Affine>

/** The layers that the outputs depend on, in the order of the graph. `fold`: normalizations become part of the layer before. */
export function layersOf(graph: Graph, fold: boolean): readonly Layer[] {
  const uses = countUses(graph)
  const needed = new Set(graph.outputs.map(({ value }) => value))
  const layers: Layer[] = []
  for (const op of graph.ops.toReversed()) {
    if (op.kind === 'input' || op.kind === 'constant') continue
    const result = op.results.find((value) => needed.has(value))
    if (result === undefined) continue
    const layer = recognize(result, fold, uses)
    layers.push(layer)
    for (const operand of operandsOfLayer(layer)) needed.add(operand)
  }
  return layers.reverse()
}

function countUses(graph: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>()
  const count = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1)
  for (const op of graph.ops) for (const value of op.operands) count(value)
  for (const { value } of graph.outputs) count(value)
  return uses
}

function operandsOfLayer(layer: Layer): readonly Value[] {
  switch (layer.kind) {
    case 'op':
      return layer.op.operands
    case 'conv':
    case 'linear':
      return [layer.x, layer.weight, ...(layer.bias === undefined ? [] : [layer.bias])]
    case 'layer_norm':
      return [layer.x, layer.scale, layer.offset]
    case 'prelu':
      return [layer.x, layer.slope]
    default:
      return [layer.x]
  }
}

type Uses = ReadonlyMap<Value, number>

function recognize(result: Value, fold: boolean, uses: Uses): Layer {
  const normalized = batchNorm(result)
  if (normalized !== undefined) {
    const before = fold && uses.get(normalized.x) === 1 ? affine(normalized.x, uses) : undefined
    // Only weights of the state dict can be scaled while they are written.
    if (before !== undefined && weightOf(before.weight) !== undefined && isStored(before.bias))
      return { ...before, result, norm: normalized.norm }
    return { kind: 'batch_norm', result, ...normalized }
  }
  return (
    affine(result, uses) ??
    prelu(result) ??
    clip(result) ??
    layerNorm(result) ??
    softmax(result) ?? { kind: 'op', result, op: result.op }
  )
}

function isStored(bias: Value | undefined): boolean {
  return bias === undefined || weightOf(bias) !== undefined
}

/** A convolution or a linear layer, with or without a bias that nothing but it is added to. */
function affine(result: Value, uses: Uses): AffineLayer | undefined {
  const plain = product(result)
  if (plain !== undefined) return plain
  for (const [left, right] of bothOrders(result, 'add')) {
    const inner = uses.get(left) === 1 ? product(left) : undefined
    const bias = perChannel(right)
    if (inner !== undefined && weightOf(bias) !== undefined && left.type.dtype === result.type.dtype)
      return { ...inner, result, bias }
  }
  return undefined
}

function product(result: Value): AffineLayer | undefined {
  const { op } = result
  const [x, weight] = op.operands
  if (x === undefined || weight === undefined) return undefined
  const plain = { result, product: op, x, weight, bias: undefined, norm: undefined }
  if (op.kind === 'conv2d') return { kind: 'conv', conv: op, ...plain }
  if (op.kind !== 'dot_general' || weightOf(weight) === undefined || x.type.dtype !== op.params.dtype) return undefined
  const { lhsBatch, lhsContract, rhsContract } = op.params
  const rank = x.type.shape.length
  const isLinear =
    lhsBatch.length === 0 &&
    weight.type.shape.length === 2 &&
    rhsContract.length === 1 &&
    rhsContract[0] === 1 &&
    lhsContract.length === 1 &&
    lhsContract[0] === rank - 1 &&
    rank >= 2
  return isLinear ? { kind: 'linear', ...plain } : undefined
}

/** x · factor + shift in f32, with the element type of x: factor = scale / √(variance + ε), shift = offset − mean · factor. */
function batchNorm(result: Value): { readonly x: Value; readonly norm: Normalization } | undefined {
  for (const [scaled, shifts] of bothOrders(beforeConvert(result), 'add')) {
    const shift = perChannel(shifts)
    for (const [wide, factors] of bothOrders(scaled, 'multiply')) {
      const factor = perChannel(factors)
      if (factor === undefined || shift === undefined) continue
      const norm = normalization(factor, shift)
      const x = beforeConvert(wide).type.dtype === result.type.dtype ? beforeConvert(wide) : wide
      if (norm !== undefined && x.type.dtype === result.type.dtype && x.type.shape.length >= 2) return { x, norm }
    }
  }
  return undefined
}

function normalization(factor: Value, shift: Value): Normalization | undefined {
  const inverse = operandsOf(factor, 'multiply')
  const difference = operandsOf(shift, 'subtract')
  if (inverse === undefined || difference === undefined) return undefined
  const sum = operandsOf(operandOf(inverse[1], 'rsqrt'), 'add')
  const moved = operandsOf(difference[1], 'multiply')
  if (sum === undefined || moved === undefined || moved[1] !== factor) return undefined
  const [scale, offset, mean, variance] = [inverse[0], difference[0], moved[0], sum[0]].map(weightOf)
  const epsilon = splatOf(sum[1])
  if (scale === undefined || offset === undefined || mean === undefined || variance === undefined) return undefined
  return epsilon === undefined ? undefined : { scale, offset, mean, variance, epsilon }
}

/** if x > 0 then x else slope · x */
function prelu(result: Value): Layer | undefined {
  const [predicate, x, scaled] = producer(result, 'select')?.operands ?? []
  const compared = producer(predicate, 'compare')
  if (x === undefined || compared?.params.direction !== 'GT') return undefined
  if (compared.operands[0] !== x || !isSplat(compared.operands[1], 0)) return undefined
  for (const [factor, same] of bothOrders(scaled, 'multiply')) {
    const slope = perChannel(factor)
    if (same === x && slope !== undefined && weightOf(slope) !== undefined && x.type.shape.length >= 2)
      return { kind: 'prelu', result, x, slope }
  }
  return undefined
}

/** max(x, 0), and min(max(x, low), high). */
function clip(result: Value): Layer | undefined {
  if (result.type.dtype !== 'f32' && result.type.dtype !== 'f16') return undefined
  const upper = operandsOf(result, 'minimum')
  const lower = operandsOf(upper?.[0] ?? result, 'maximum')
  const low = splatOf(lower?.[1])
  if (lower === undefined || low === undefined) return undefined
  if (upper === undefined) return low === 0 ? { kind: 'relu', result, x: lower[0] } : undefined
  const high = splatOf(upper[1])
  return high === undefined ? undefined : { kind: 'clip', result, x: lower[0], low, high }
}

function layerNorm(result: Value): Layer | undefined {
  const norm = layerNormOf(result)
  return norm === undefined ? undefined : { kind: 'layer_norm', result, ...norm }
}

/** exp(x − ⌊max x⌋), divided by its sum. */
function softmax(result: Value): Layer | undefined {
  const quotient = operandsOf(result, 'divide')
  const shares = quotient?.[0]
  const sum = reducedAlong(repeated(quotient?.[1]), 'reduce_sum')
  const difference = operandsOf(operandOf(shares, 'exponential'), 'subtract')
  const x = difference?.[0]
  const largest = reducedAlong(operandOf(repeated(difference?.[1]), 'floor'), 'reduce_max')
  if (x === undefined || sum === undefined || sum.of !== shares || largest?.of !== x) return undefined
  return result.type.dtype === 'f32' && largest.dim === sum.dim
    ? { kind: 'softmax', result, x, dim: sum.dim }
    : undefined
}
