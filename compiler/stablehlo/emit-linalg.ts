/**
 * Emit rules for reductions, matrix products and convolutions. Sums of 16-bit floats accumulate in f32.
 *
 * Legend: x [N,H,W,C], w [kh,kw,C/G,O], y dy [N,P,Q,O].
 */
import { isFloat } from '../ir/dtype.ts'
import type { OpOf } from '../ir/graph.ts'
import type { ConvKind, ReduceKind } from '../ir/op-family.ts'
import { blocksFilterGrad, blocksForward, blocksInputGrad } from './conv-blocks.ts'
import { filterGradForm, forwardForm, inputGradForm } from './conv-choice.ts'
import { dotFilterGrad, dotForward, dotInputGrad, rowsFilterGrad, tiledFilterGrad } from './conv-dense.ts'
import { type ConvGeometry, convGeometry } from './conv-geometry.ts'
import {
  lanesFilterGrad,
  lanesForward,
  lanesInputGrad,
  wholeFilterGrad,
  wholeForward,
  wholeInputGrad,
} from './conv-lanes.ts'
import { phasedInputGrad } from './conv-phases.ts'
import { isWidened, plainFilterGrad, plainForward, plainInputGrad, widen } from './conv-plain.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { barrier, convert, dot, reduce } from './hlo.ts'
import { nativeConvolution, nativeProduct } from './native-call.ts'
import { at, type EmitRules } from './rule.ts'

export type ConvEmitter = (e: Emitter, g: ConvGeometry, a: Ssa, b: Ssa) => Ssa

export const forwardEmitters: { readonly [F in ReturnType<typeof forwardForm>]: ConvEmitter } = {
  plain: plainForward,
  dot: dotForward,
  lanes: lanesForward,
  whole: wholeForward,
  blocks: blocksForward,
}

export const inputGradEmitters: { readonly [F in ReturnType<typeof inputGradForm>]: ConvEmitter } = {
  plain: plainInputGrad,
  dot: dotInputGrad,
  lanes: lanesInputGrad,
  whole: wholeInputGrad,
  blocks: blocksInputGrad,
  phases: phasedInputGrad,
}

export const filterGradEmitters: { readonly [F in ReturnType<typeof filterGradForm>]: ConvEmitter } = {
  plain: plainFilterGrad,
  dot: dotFilterGrad,
  lanes: lanesFilterGrad,
  whole: wholeFilterGrad,
  blocks: blocksFilterGrad,
  tiles: tiledFilterGrad,
  rows: rowsFilterGrad,
}

/** Operands that are not read before what comes first. */
function inOrder(e: Emitter, operands: readonly Ssa[]): readonly Ssa[] {
  const before = e.order.take()
  return before.length === 0 ? operands : barrier(e, [...operands, ...before]).slice(0, operands.length)
}

/**
 * A product by the engine's own op. Where operands are converted to f32 for it, both of the backward pass come from behind the
 * barrier: the copies of the forward pass would be equal otherwise, and XLA would keep them until then.
 */
function plainProduct(e: Emitter, a: Ssa, b: Ssa, { params }: OpOf<'dot_general'>): Ssa {
  const [left = a, right = b] = inOrder(e, isWidened(e, b.type) ? [a, b] : [a])
  return dot(e, left, right, params, params.dtype)
}

/** Computes in an element type that is fast on the platform, and returns the operands' type. */
function inWidth(e: Emitter, emit: ConvEmitter, g: ConvGeometry, a: Ssa, b: Ssa): Ssa {
  return convert(e, emit(e, g, widen(e, at(inOrder(e, [a]), 0)), widen(e, b)), a.type.dtype)
}

/** By a native kernel, where there is one that is better than the formulation. */
function native(e: Emitter, kind: ConvKind, form: string, g: ConvGeometry, a: Ssa, b: Ssa): Ssa | undefined {
  return form === 'whole' ? undefined : nativeConvolution(e, kind, g, a, b)
}

function sumOver(e: Emitter, x: Ssa, dims: readonly number[]): Ssa {
  const { dtype } = x.type
  const wide = isFloat(dtype) && dtype !== 'f64' ? 'f32' : dtype
  return convert(e, reduce(e, 'add', convert(e, x, wide), dims), dtype)
}

export const linalgRules: EmitRules<
  ReduceKind | 'dot_general' | 'conv2d' | 'conv2d_input_grad' | 'conv2d_filter_grad'
> = {
  reduce_sum: (e, op, operands) => [sumOver(e, at(operands, 0), op.params.dims)],
  reduce_max: (e, op, operands) => [reduce(e, 'maximum', at(operands, 0), op.params.dims)],
  reduce_min: (e, op, operands) => [reduce(e, 'minimum', at(operands, 0), op.params.dims)],
  dot_general: (e, op, operands) => {
    const [a, b] = [at(operands, 0), at(operands, 1)]
    return [nativeProduct(e, a, b, op.params, op.params.dtype) ?? plainProduct(e, a, b, op)]
  },
  conv2d: (e, op, operands) => {
    const [x, w] = [at(operands, 0), at(operands, 1)]
    const g = convGeometry(op.params, x.type.shape, w.type.shape, op.results[0]?.type.shape ?? [])
    const form = forwardForm(e.platform, g)
    return [native(e, 'conv2d', form, g, x, w) ?? inWidth(e, forwardEmitters[form], g, x, w)]
  },
  conv2d_input_grad: (e, op, operands) => {
    const [dy, w] = [at(operands, 0), at(operands, 1)]
    const g = convGeometry(op.params, op.params.inputShape, w.type.shape, dy.type.shape)
    const form = inputGradForm(e.platform, g)
    return [native(e, 'conv2d_input_grad', form, g, dy, w) ?? inWidth(e, inputGradEmitters[form], g, dy, w)]
  },
  conv2d_filter_grad: (e, op, operands) => {
    const [x, dy] = [at(operands, 0), at(operands, 1)]
    const g = convGeometry(op.params, x.type.shape, op.params.filterShape, dy.type.shape)
    const form = filterGradForm(e.platform, g)
    return [native(e, 'conv2d_filter_grad', form, g, x, dy) ?? inWidth(e, filterGradEmitters[form], g, x, dy)]
  },
}
