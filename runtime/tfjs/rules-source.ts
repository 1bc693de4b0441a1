/** Interpretation of sources: inputs, constants and iota. */
import { elementCount, isFloat } from '../../compiler/ir/dtype.ts'
import type { OpParams } from '../../compiler/ir/op.ts'
import type { SourceKind } from '../../compiler/ir/op-family.ts'
import { bug } from '../../grammar/diagnostic.ts'
import { bf16ToF32, f16ToF32 } from '../half.ts'
import { type InterpretRule, local } from './rule.ts'
import { rowMajor } from './strided-copy.ts'
import {
  type DenseArray,
  denseArray,
  denseDType,
  denseValue,
  hostFloats,
  type RuleContext,
  type RuntimeValue,
} from './value.ts'

export const sourceRules: { readonly [K in SourceKind]: InterpretRule<K> } = {
  input: { scope: 'input' },
  constant: local((cx, op) => constant(cx, op.params)),
  iota: local((cx, op, _, type) => {
    const { dim, shape } = op.params
    const count = elementCount(shape)
    const data = isFloat(type.dtype) ? new Float32Array(count) : denseArray(denseDType(type.dtype), count)
    const size = shape[dim] as number
    const stride = rowMajor(shape)[dim] as number
    for (let i = 0; i < count; i++) data[i] = Math.floor(i / stride) % size
    return data instanceof Float32Array ? hostFloats(cx, type, data) : denseValue(type, data)
  }),
  replica_id: local((_cx, _op, _operands, type, replica) => denseValue(type, Uint32Array.of(replica))),
}

function constant(cx: RuleContext, { dtype, shape, value }: OpParams['constant']): RuntimeValue {
  const type = { dtype, shape }
  const count = elementCount(shape)
  if (typeof value === 'number') {
    return isFloat(dtype)
      ? hostFloats(cx, type, new Float32Array(count).fill(value))
      : denseValue(type, denseArray(denseDType(dtype), count).fill(value))
  }
  if (value instanceof Float32Array) return hostFloats(cx, type, value.slice())
  if (value instanceof Uint16Array) return hostFloats(cx, type, dtype === 'f16' ? f16ToF32(value) : bf16ToF32(value))
  if (value instanceof Float64Array) return bug('a constant of f64')
  return denseValue(type, value.slice() satisfies DenseArray)
}
