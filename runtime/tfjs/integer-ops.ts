/**
 * Integer arithmetic in 32 and 8 bits, which TensorFlow.js does not have. Each function returns a number whose low bits are
 * correct: the typed array that stores it wraps it. Where StableHLO leaves a result to the implementation, it matches XLA: a
 * quotient by zero has all bits set, a remainder by zero is the dividend, and a shift by the width or more returns zero.
 */
import type { BinaryKind } from '../../compiler/ir/op-family.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { DenseDType } from './value.ts'

export type IntegerFunction = (x: number, y: number) => number

const widths: { readonly [D in DenseDType]: number } = { i32: 32, u32: 32, u8: 8, i8: 8, pred: 1 }

export const integerOps: { readonly [K in BinaryKind]: (dtype: DenseDType) => IntegerFunction } = {
  add: () => (x, y) => x + y,
  subtract: () => (x, y) => x - y,
  multiply: () => Math.imul,
  divide: () => (x, y) => (y === 0 ? -1 : Math.trunc(x / y)),
  remainder: () => (x, y) => (y === 0 ? x : x % y),
  power: () => () => bug('power of integers'),
  maximum: () => Math.max,
  minimum: () => Math.min,
  and: () => (x, y) => x & y,
  or: () => (x, y) => x | y,
  xor: () => (x, y) => x ^ y,
  // A negative shift is a large unsigned one.
  shift_left: (dtype) => {
    const width = widths[dtype]
    return (x, y) => (y >>> 0 < width ? x << y : 0)
  },
  shift_right_logical: (dtype) => {
    const width = widths[dtype]
    const mask = width === 32 ? 0xffffffff : 0xff
    return (x, y) => (y >>> 0 < width ? (x & mask) >>> y : 0)
  },
}

/** The range to which out-of-range numbers saturate when they are converted from floats. */
export const integerRange: { readonly [D in Exclude<DenseDType, 'pred'>]: readonly [number, number] } = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  u8: [0, 255],
  i8: [-128, 127],
}
