/** Reverse-mode differentiation of the graph: a backward sweep over the ops, with one rule per op kind. */
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

/** A value and the derivative of the loss with respect to it; the cotangent has the value's type. */
export interface Seed {
  readonly value: Value
  readonly cotangent: Value
}

/**
 * The derivatives of a loss with respect to `wrt`, given those with respect to `outputs`; `undefined` where no gradient arrives.
 * The ops that compute them are added to `b`, which holds the forward ops, with the path and place of the op they differentiate.
 * Only ops between `wrt` and `outputs` are differentiated, so a part of a graph can be differentiated; `forward` are the
 * candidate ops. `vjp-control.ts` defines "the loss" for several replicas.
 *
 * Raises a bug if a gradient passes through a loop or needs a second derivative of batch normalization.
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

/** The float values that depend on `wrt`, including `wrt`. */
function dependents(forward: readonly OpOf<OpKind>[], wrt: readonly Value[]): Set<Value> {
  const varying = new Set(wrt)
  for (const op of forward) {
    if (!op.operands.some((operand) => varying.has(operand))) continue
    for (const result of op.results) if (isFloat(result.type.dtype)) varying.add(result)
  }
  return varying
}

/** The forward op's place, with its own phase unless that is the forward one (the head's gradient belongs to the head). */
function backwardOrigin(origin: Origin): Origin {
  return { ...origin, phase: origin.phase === 'forward' ? 'backward' : origin.phase }
}

function expectSameType(value: Value, cotangent: Value): void {
  const fits = value.type.dtype === cotangent.type.dtype && sameShape(value.type.shape, cotangent.type.shape)
  if (!fits) {
    bug(`the cotangent of ${value.op.kind} is ${showType(cotangent.type)} where ${showType(value.type)} is expected`)
  }
}
