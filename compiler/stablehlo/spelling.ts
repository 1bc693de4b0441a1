/** The spelling of types, attributes and numbers in StableHLO text. Only this file and the emitter write MLIR syntax. */
import { type DType, elementCount, type TensorType } from '../ir/dtype.ts'
import { bf16Bits, f16Bits } from '../ir/half-float.ts'
import type { ConstantData } from '../ir/op.ts'

const elementTypes: { readonly [D in DType | 'c64']: string } = {
  f64: 'f64',
  f32: 'f32',
  f16: 'f16',
  bf16: 'bf16',
  i32: 'i32',
  u32: 'ui32',
  u8: 'ui8',
  i8: 'i8',
  pred: 'i1',
  c64: 'complex<f32>',
}

/** `tensor<64x112x112x3xf32>` */
export function tensorType(type: { readonly dtype: DType | 'c64'; readonly shape: readonly number[] }): string {
  return `tensor<${[...type.shape, elementTypes[type.dtype]].join('x')}>`
}

/** `array<i64: 1, 0>` */
export function i64Array(values: readonly (number | bigint)[]): string {
  return values.length === 0 ? 'array<i64>' : `array<i64: ${values.join(', ')}>`
}

/** `array<i1: false, true>` */
export function boolArray(values: readonly boolean[]): string {
  return values.length === 0 ? 'array<i1>' : `array<i1: ${values.join(', ')}>`
}

/** `3 : i64` */
export function i64(value: number): string {
  return `${value} : i64`
}

/** `dense<[[0, 1]]> : tensor<1x2xi64>`, rows of equal length. */
export function i64Matrix(rows: readonly (readonly number[])[]): string {
  const text = rows.map((row) => `[${row.join(', ')}]`).join(', ')
  return `dense<[${text}]> : tensor<${rows.length}x${rows[0]?.length ?? 0}xi64>`
}

/** A list inside another attribute: `[0, 1]` */
export function list(values: readonly number[]): string {
  return `[${values.join(', ')}]`
}

/** A quoted string; MLIR knows `\"`, `\\` and two hexadecimal digits. */
export function quoted(text: string): string {
  const bytes = [...Buffer.from(text, 'utf8')]
  const body = bytes.map((b) => {
    const plain = b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c
    return plain ? String.fromCharCode(b) : `\\${b.toString(16).padStart(2, '0').toUpperCase()}`
  })
  return `"${body.join('')}"`
}

const wide = new DataView(new ArrayBuffer(8))

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`
}

/** The bits of a float: decimal text would round twice. */
const floatBits = {
  f64: (value: number) => {
    wide.setFloat64(0, value)
    return `0x${wide.getBigUint64(0).toString(16).toUpperCase().padStart(16, '0')}`
  },
  f32: (value: number) => {
    wide.setFloat32(0, value)
    return hex(wide.getUint32(0), 8)
  },
  f16: (value: number) => hex(f16Bits(value), 4),
  bf16: (value: number) => hex(bf16Bits(value), 4),
}

/** One number as an element of `dense<…>`. */
export function element(dtype: DType, value: number): string {
  switch (dtype) {
    case 'f64':
    case 'f32':
    case 'f16':
    case 'bf16':
      return floatBits[dtype](value)
    case 'pred':
      return value === 0 ? 'false' : 'true'
    case 'i32':
    case 'u32':
    case 'u8':
    case 'i8':
      return String(Math.trunc(value))
  }
}

/** The same number in every element. */
export function splat(type: TensorType, value: number): string {
  return `dense<${element(type.dtype, value)}> : ${tensorType(type)}`
}

/** `pred` elements one by one: MLIR packs them in bits, so a blob of bytes would not work. */
function predList(shape: readonly number[], data: ConstantData): string {
  let at = 0
  const nest = (dim: number): string => {
    if (dim === shape.length) return data[at++] === 0 ? 'false' : 'true'
    return `[${Array.from({ length: shape[dim] ?? 0 }, () => nest(dim + 1)).join(', ')}]`
  }
  return nest(0)
}

/** Dense data as a blob of little-endian bytes. */
export function denseData(type: TensorType, data: ConstantData): string {
  if (elementCount(type.shape) === 0) return `dense<> : ${tensorType(type)}`
  if (type.dtype === 'pred') return `dense<${predList(type.shape, data)}> : ${tensorType(type)}`
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return `dense<"0x${bytes.toString('hex').toUpperCase()}"> : ${tensorType(type)}`
}
