/** The type of an interpretation rule, and helpers for writing rules. */

import type { TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph, OpOf } from '../../compiler/ir/graph.ts'
import type { OpKind } from '../../compiler/ir/op.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { RuleContext, RuntimeValue } from './value.ts'

/** Values of all replicas: `[replica][index]`. */
export type WorldValues = readonly (readonly RuntimeValue[])[]

/** Runs a region on all replicas. It takes ownership of the inputs and releases them; the caller owns the outputs. */
export type RunRegion = (region: Graph, inputs: WorldValues) => Promise<WorldValues>

/**
 * How one op kind is computed. A rule borrows its operands and returns values it owns (`share` to return an operand). The
 * interpreter frees intermediate tensors, except in `control` rules, which compute nothing.
 */
export type InterpretRule<K extends OpKind> =
  | {
      /** Computed separately for each replica. */
      readonly scope: 'replica'
      readonly run: (
        cx: RuleContext,
        op: OpOf<K>,
        operands: readonly RuntimeValue[],
        replica: number,
      ) => readonly RuntimeValue[]
    }
  | {
      /** Sees the operands of all replicas. */
      readonly scope: 'world'
      readonly run: (cx: RuleContext, op: OpOf<K>, operands: WorldValues) => WorldValues
    }
  | {
      readonly scope: 'control'
      readonly run: (cx: RuleContext, op: OpOf<K>, operands: WorldValues, runRegion: RunRegion) => Promise<WorldValues>
    }
  /** Given from outside the graph. */
  | { readonly scope: 'input' }

/** A rule with a single result, whose type it receives. */
export function local<K extends OpKind>(
  run: (
    cx: RuleContext,
    op: OpOf<K>,
    operands: readonly RuntimeValue[],
    type: TensorType,
    replica: number,
  ) => RuntimeValue,
): InterpretRule<K> {
  return {
    scope: 'replica',
    run: (cx, op, operands, replica) => [run(cx, op, operands, resultType(op, 0), replica)],
  }
}

export function resultType<K extends OpKind>(op: OpOf<K>, index: number): TensorType {
  return op.results[index]?.type ?? bug(`${op.kind} has no result ${index}`)
}

export function operandOf(operands: readonly RuntimeValue[], index: number): RuntimeValue {
  return operands[index] ?? bug(`no operand ${index}`)
}
