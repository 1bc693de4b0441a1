/**
 * Layer normalizations and their gradients by arcc's own kernels.
 *
 * Legend: x y dx dy [...,C], f32 or bf16; everything else [C], f32.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { TensorType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import type { KernelCall } from './kernel-call.ts'
import type { LayerNormBackward, LayerNormForward } from './layer-norms.ts'
import { bitsOf, callNative } from './native-call.ts'

const typeOf = ([value]: readonly Value[]): TensorType => need(value, 'a result').type
const numbersOf = (scale: Value, epsilon: number) => [need(scale.type.shape[0], 'channels'), bitsOf(epsilon)]

export function layerNorm({ x, scale, offset, epsilon, y }: LayerNormForward): KernelCall {
  return {
    reads: [x, scale, offset],
    results: [y],
    emit: (e, operands) => callNative(e, 'arcc_layer_norm', operands, [typeOf(y)], numbersOf(scale, epsilon)),
  }
}

export function layerNormGradient(norm: LayerNormBackward): KernelCall {
  const { x, scale, epsilon, dy, added } = norm
  const results = [norm.dx, norm.dscale, norm.doffset]
  return {
    reads: [x, scale, dy, ...(added === undefined ? [] : [added])],
    results,
    emit: (e, operands) =>
      callNative(e, 'arcc_layer_norm_grad', operands, results.map(typeOf), numbersOf(scale, epsilon)),
  }
}
