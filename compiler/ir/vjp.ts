/** Reverse-mode differentiation on the graph: a sweep over the ops backwards, one rule per op kind. */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import { isFloat, sameShape, showType } from './dtype.ts'
import type { Op, OpOf, Origin, Value } from './graph.ts'
import type { OpKind } from './op.ts'
import * as ops from './ops.ts'
import { vjpCollective, vjpControl } from './vjp-control.ts'
import { vjpElementwise, vjpSources } from './vjp-elementwise.ts'
import { vjpLinalg, vjpReduce } from './vjp-linalg.ts'
import { vjpMovement } from './vjp-movement.ts'
import type { Cotangents, VjpEntry } from './vjp-rule.ts'

export const vjpRules: { readonly [K in OpKind]: VjpEntry<K> } = {
  ...vjpSources,
  ...vjpElementwise,
  ...vjpMovement,
  ...vjpReduce,
  ...vjpLinalg,
  ...vjpControl,
  ...vjpCollective,
}

/** A value and the derivative of the loss by it; the cotangent has the value's type. */
export interface Seed {
  readonly value: Value
  readonly cotangent: Value
}

/**
 * The derivatives of a loss by `wrt`, given those by `outputs`; `undefined` where no gradient reaches. The ops that compute them
 * are added to `b`, which holds the forward ops, with the path and place of the op that they differentiate. Only what lies
 * between `wrt` and `outputs` is differentiated, so a part of a graph can be; `forward` are the ops among which it is looked for.
 * `vjp-control.ts` says what "the loss" is when there are replicas.
 *
 * Ends in a bug where a gradient meets a loop or a second derivative of batch normalization.
 */
export function gradient(
  b: GraphBuilder,
  outputs: readonly Seed[],
  wrt: readonly Value[],
  forward: readonly Op[] = [...b.ops],
): (Value | undefined)[] {
  const varying = dependents(forward, wrt)
  const found = new Map<Value, Value>()
  const accumulate = (value: Value, cotangent: Value) => {
    const before = found.get(value)
    found.set(value, before === undefined ? cotangent : ops.add(b, before, cotangent))
  }
  for (const { value, cotangent } of outputs) {
    expectSameType(value, cotangent)
    accumulate(value, cotangent)
  }
  for (let i = forward.length - 1; i >= 0; i--) {
    const op = need(forward[i], 'an op')
    const cotangents = op.results.map((result) => (varying.has(result) ? found.get(result) : undefined))
    if (cotangents.every((c) => c === undefined)) continue
    if (!op.operands.some((operand) => varying.has(operand))) continue
    b.within(backwardOrigin(op.origin), () => {
      pull(b, op, cotangents).forEach((cotangent, k) => {
        const operand = need(op.operands[k], `operand ${k} of ${op.kind}`)
        if (cotangent === undefined || !varying.has(operand)) return
        expectSameType(operand, cotangent)
        accumulate(operand, cotangent)
      })
    })
  }
  return wrt.map((value) => found.get(value))
}

/** The cotangents of an op's operands. */
function pull<K extends OpKind>(b: GraphBuilder, op: OpOf<K>, cotangents: Cotangents): Cotangents {
  const rule = vjpRules[op.kind]
  return rule === 'none' ? [] : rule({ b, op, cotangents })
}

/** The float values that depend on `wrt`, itself included. */
function dependents(forward: readonly OpOf<OpKind>[], wrt: readonly Value[]): Set<Value> {
  const varying = new Set(wrt)
  for (const op of forward) {
    if (!op.operands.some((operand) => varying.has(operand))) continue
    for (const result of op.results) if (isFloat(result.type.dtype)) varying.add(result)
  }
  return varying
}

/** The forward op's place; its own phase where that is not the forward one (the head's gradient belongs to the head). */
function backwardOrigin(origin: Origin): Origin {
  return { ...origin, phase: origin.phase === 'forward' ? 'backward' : origin.phase }
}

function expectSameType(value: Value, cotangent: Value): void {
  const fits = value.type.dtype === cotangent.type.dtype && sameShape(value.type.shape, cotangent.type.shape)
  if (!fits) {
    bug(`the cotangent of ${value.op.kind} is ${showType(cotangent.type)} where ${showType(value.type)} is expected`)
  }
}
