/** What a rule of the table receives and returns. */
import type { DType } from '../../../compiler/ir/dtype.ts'
import type { Op, OpOf } from '../../../compiler/ir/graph.ts'
import type { OpKind } from '../../../compiler/ir/op.ts'
import type { Scope } from './emitter.ts'
import { placeOf } from './extents.ts'
import { onnxErrors } from './messages.ts'
import type { StoredType } from './stored-tensor.ts'
import type { View } from './view.ts'

/** Emits an op of one kind; throws ARC6800 where ONNX has nothing for its parameters or types. */
export type OnnxRule<K extends OpKind> = (op: Extract<Op, { kind: K }>, scope: Scope) => View

export type OnnxRules<K extends OpKind> = { readonly [Kind in K]: OnnxRule<Kind> }

export function unsupported(op: OpOf<OpKind>, reason: string): never {
  throw onnxErrors('ARC6800', { op: op.kind, place: placeOf(op), reason })
}

/** A rule for a kind that no network in evaluation has; `reason` completes "the operation …, ". */
export function absent<K extends OpKind>(reason: string): OnnxRule<K> {
  return (op) => unsupported(op, reason)
}

/** Numbers of element types in TensorProto.DataType. */
export const elementTypes = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, pred: 9, f16: 10, f64: 11, u32: 12 } as const

/** The element type as one that files store. */
export function storedType(op: OpOf<OpKind>, dtype: DType): StoredType {
  switch (dtype) {
    case 'f32':
    case 'f16':
    case 'i32':
    case 'pred':
      return dtype
    default:
      return unsupported(op, `with a constant of type ${dtype}, which exports do not have`)
  }
}
