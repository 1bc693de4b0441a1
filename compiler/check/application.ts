/** A call as written, beside the parameters that it can fill. */
import type { Expr, FunctionDecl, Ident, ObjectKeyword } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import type { Type } from '../types/type.ts'

/** One argument as written; a piped value comes first, without a name. */
export interface Given {
  readonly name: Ident | undefined
  readonly value: Expr
  readonly span: Span
  /** If it is already known. */
  readonly type?: Type
  /** Of a piped value: what it is piped into. */
  readonly into?: Span
}

/** A parameter as the caller sees it. */
export interface Slot {
  readonly name: string
  readonly type: Type
  readonly optional: boolean
  /**
   * The accepted values: those of its type; or, elementwise, device numbers and tensors as well; or numbers of any dimension; or
   * angles and, as radians, plain numbers.
   */
  readonly accepts: 'type' | 'elementwise' | 'any number' | 'angle or plain'
  readonly span: Span | undefined
  /** Its default, as text, if that is a list of several elements. */
  readonly like?: string
  /** The function whose parameter it is. */
  readonly owner?: FunctionDecl
}

export interface Application {
  readonly callee: string
  readonly declared: Span | undefined
  readonly slots: readonly Slot[]
  readonly given: readonly Given[]
  /** The call, or the name that a value is piped into. */
  readonly expr: Expr
  /** The kind of the object that it makes. */
  readonly makes?: ObjectKeyword
}
