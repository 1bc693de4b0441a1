/**
 * The tensor graph: SSA values with static types, created by `GraphBuilder` and immutable afterwards. A graph is the program of
 * one replica (SPMD); differences between replicas come from `replica_id` and the inputs.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import type { TensorType } from './dtype.ts'
import type { OpKind, OpParams } from './op.ts'

export interface Value {
  /** Unique in its graph, in the order of definition. */
  readonly id: number
  readonly type: TensorType
  readonly op: Op
  /** Which result of `op` this is. */
  readonly index: number
}

export interface OpOf<K extends OpKind> {
  readonly kind: K
  readonly operands: readonly Value[]
  readonly params: OpParams[K]
  /** The body of a `for_loop`, otherwise empty. */
  readonly regions: readonly Graph[]
  readonly results: readonly Value[]
  readonly origin: Origin
}

/** An op of any kind; narrow by `kind`. */
export type Op = { [K in OpKind]: OpOf<K> }[OpKind]

/** The source of an op: shown in errors, emitted as `loc`, and used to group costs. */
export interface Origin {
  /** The `.arc` text it comes from; `undefined` for ops that the compiler adds itself. */
  readonly span: Span | undefined
  /** The path of its block, such as `layer1.0`, or `head`, `optimizer` …; empty at the top level. */
  readonly path: string
  /** The part of the step it belongs to. */
  readonly phase: Phase
}

export type Phase = 'forward' | 'backward' | 'head' | 'update' | 'evaluate' | 'init'

export interface Output {
  readonly name: string
  readonly value: Value
}

export interface Graph {
  readonly name: string
  /** World size R of its collectives. */
  readonly replicas: number
  readonly inputs: readonly Value[]
  /** Topologically ordered: every operand precedes its use; the `input` ops come first. */
  readonly ops: readonly Op[]
  readonly outputs: readonly Output[]
}

/** Whose memory outputs may take: output index → index of the input, which is consumed. */
export type Donation = ReadonlyMap<number, number>

/** An operand that the op must have; a bug otherwise. */
export function operandAt(op: OpOf<OpKind>, index: number): Value {
  return need(op.operands[index], `operand ${index} of ${op.kind}`)
}

/** A result that the op must have; a bug otherwise. */
export function resultAt(op: OpOf<OpKind>, index: number): Value {
  return need(op.results[index], `result ${index} of ${op.kind}`)
}
