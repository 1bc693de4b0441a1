/**
 * Calls of arcc's own kernels (`runtime/xla/native/kernels`) from a program, through XLA's foreign function interface. They exist
 * for the CPU only, and only where they have been built; without them, XLA's own ops are emitted.
 *
 * Legend: x dx [N,H,W,C], w dw [kh,kw,C/G,O], y dy [N,P,Q,O]; a [B1,B2,M,K], b [B1,B2,K,N] after permuting and merging dims;
 * qkv [B,T,3·C], dy [B,T,C].
 */
import { need } from '../../grammar/diagnostic.ts'
import type { DType, TensorType } from '../ir/dtype.ts'
import { type ConvKind, convKinds } from '../ir/op-family.ts'
import type { Attention } from './attention.ts'
import type { ConvGeometry } from './conv-geometry.ts'
import { type Emitter, only, type Ssa } from './emitter.ts'
import { convert, type DotDims } from './hlo.ts'
import type { CollectiveTarget, NativeKernels, NativeTarget } from './native-kernels.ts'
import { i64Array } from './spelling.ts'

/** All operands and results are row after row in memory. */
function rowMajor({ shape }: TensorType): string {
  return `dense<[${shape.map((_, i) => shape.length - 1 - i).join(', ')}]> : tensor<${shape.length}xindex>`
}

/** A call of a kernel; `numbers` is its only attribute, in the order of the kernel's own struct. */
export function callNative(
  e: Emitter,
  target: NativeTarget | CollectiveTarget,
  operands: readonly Ssa[],
  results: readonly TensorType[],
  numbers: readonly (number | bigint)[],
): readonly Ssa[] {
  const attributes = {
    api_version: '4 : i32',
    backend_config: `{numbers = ${i64Array(numbers)}}`,
    call_target_name: `"${target}"`,
    operand_layouts: `[${operands.map((operand) => rowMajor(operand.type)).join(', ')}]`,
    result_layouts: `[${results.map(rowMajor).join(', ')}]`,
  }
  return e.op('stablehlo.custom_call', operands, results, attributes)
}

const bits = new DataView(new ArrayBuffer(8))

/** The bits of an f64 as a number of the attribute. */
export function bitsOf(value: number): bigint {
  bits.setFloat64(0, value)
  return bits.getBigInt64(0)
}

const isHalf = (dtype: DType) => dtype === 'f16' || dtype === 'bf16'

/** The element type that the kernels multiply; `undefined` if they do not know the type. */
function multiplied(kernels: NativeKernels, dtype: DType): DType | undefined {
  if (dtype === 'bf16' && kernels.bf16) return 'bf16'
  return dtype === 'f32' || isHalf(dtype) ? 'f32' : undefined
}

/** y, dx or dw by a native kernel; `undefined` if it needs XLA's own ops. */
export function nativeConvolution(e: Emitter, kind: ConvKind, g: ConvGeometry, a: Ssa, b: Ssa): Ssa | undefined {
  const { native } = e
  if (native === undefined || g.padding.flat().some((edge) => edge < 0) || g.dilation.some((d) => d > 1))
    return undefined
  const dtype = multiplied(native, a.type.dtype)
  if (dtype === undefined) return undefined
  const shapes: { readonly [K in ConvKind]: readonly number[] } = {
    conv2d: [g.batch, ...g.result, g.features],
    conv2d_input_grad: [g.batch, ...g.image, g.channels],
    conv2d_filter_grad: [...g.window, g.channels / g.groups, g.features],
  }
  // In the order of the kernel's struct.
  const sizes = [
    g.batch,
    ...g.image,
    g.channels,
    g.features,
    ...g.window,
    ...g.result,
    ...g.stride,
    ...g.padding.flat(),
    g.groups,
  ]
  const result: TensorType = { dtype: kind === 'conv2d_filter_grad' ? 'f32' : dtype, shape: shapes[kind] }
  const operands = [convert(e, a, dtype), convert(e, b, dtype), ...e.order.take()]
  const found = callNative(e, 'arcc_convolution', operands, [result], [convKinds.indexOf(kind), ...sizes])
  return convert(e, only(found), a.type.dtype)
}

/** Attention, or the gradient of its operand if `dy` is given, by a native kernel. */
export function nativeAttention(
  e: Emitter,
  { heads, divisor }: Pick<Attention, 'heads' | 'divisor'>,
  qkv: Ssa,
  dy?: Ssa,
): Ssa {
  const [samples = 0, tokens = 0, all = 0] = qkv.type.shape
  const dtype = qkv.type.dtype === 'bf16' ? 'bf16' : 'f32'
  const operands = [qkv, ...(dy === undefined ? [] : [dy])].map((operand) => convert(e, operand, dtype))
  const shape = [samples, tokens, dy === undefined ? all / 3 : all]
  const bits = new DataView(new ArrayBuffer(4))
  bits.setFloat32(0, divisor)
  const numbers = [samples, tokens, heads, all / 3 / heads, bits.getInt32(0)]
  return convert(e, only(callNative(e, 'arcc_attention', operands, [{ dtype, shape }], numbers)), qkv.type.dtype)
}

interface Merged {
  readonly size: number
  /** In elements. */
  readonly stride: number
}

/** Some dims of a tensor as one dim; `undefined` if they do not lie in memory like one. */
function merged({ shape }: TensorType, dims: readonly number[]): Merged | undefined {
  const strideOf = (dim: number) => shape.slice(dim + 1).reduce((n, size) => n * size, 1)
  const sizeOf = (dim: number) => need(shape[dim], `dim ${dim}`)
  let found: Merged = { size: 1, stride: 1 }
  for (const dim of dims.filter((one) => sizeOf(one) > 1).toReversed()) {
    if (found.size > 1 && strideOf(dim) !== found.stride * found.size) return undefined
    found = { size: found.size * sizeOf(dim), stride: found.size > 1 ? found.stride : strideOf(dim) }
  }
  return found
}

const restOf = ({ shape }: TensorType, ...taken: (readonly number[])[]): number[] =>
  shape.map((_, dim) => dim).filter((dim) => !taken.flat().includes(dim))

/** A product of tensors by a native kernel; `undefined` if it needs XLA's own op. */
export function nativeProduct(e: Emitter, a: Ssa, b: Ssa, dims: DotDims, dtype: DType): Ssa | undefined {
  const { native } = e
  const { lhsBatch = [], rhsBatch = [], lhsContract, rhsContract } = dims
  const multiply = native && multiplied(native, a.type.dtype)
  if (multiply === undefined || lhsBatch.length > 2) return undefined
  const [outerA, innerA] = [lhsBatch.slice(0, -1), lhsBatch.slice(-1)]
  const [outerB, innerB] = [rhsBatch.slice(0, -1), rhsBatch.slice(-1)]
  const freeA = restOf(a.type, lhsBatch, lhsContract)
  const freeB = restOf(b.type, rhsBatch, rhsContract)
  const ofA = [outerA, innerA, freeA, lhsContract].map((some) => merged(a.type, some))
  const ofB = [outerB, innerB, rhsContract, freeB].map((some) => merged(b.type, some))
  const [outer, inner, rows, summed] = ofA
  const columns = ofB[3]
  if (outer === undefined || inner === undefined || rows === undefined || summed === undefined || columns === undefined)
    return undefined
  const stridesOf = (parts: readonly (Merged | undefined)[]) => parts.map((part) => part?.stride ?? Number.NaN)
  const strides = [...stridesOf(ofA), ...stridesOf(ofB)]
  if (strides.some(Number.isNaN)) return undefined
  const sizeOf = ({ shape }: TensorType, some: readonly number[]) => some.map((dim) => need(shape[dim], `dim ${dim}`))
  const shape = [...sizeOf(a.type, lhsBatch), ...sizeOf(a.type, freeA), ...sizeOf(b.type, freeB)]
  const result: TensorType = { dtype: dtype === 'bf16' && multiply === 'bf16' ? 'bf16' : 'f32', shape }
  const sizes = [outer, inner, rows, columns, summed].map((part) => part.size)
  const operands = [convert(e, a, multiply), convert(e, b, multiply), ...e.order.take()]
  return convert(e, only(callNative(e, 'arcc_product', operands, [result], [...sizes, ...strides])), dtype)
}
