/** Control flow, and the collectives, which see all replicas at once because the interpreter runs them op by op in lockstep. */
import type { OpParams } from '../../compiler/ir/op.ts'
import type { CollectiveKind, ControlKind } from '../../compiler/ir/op-family.ts'
import { need } from '../../grammar/diagnostic.ts'
import { integerOps } from './integer-ops.ts'
import { concatenated, sliced } from './movement.ts'
import { type InterpretRule, operandOf, type WorldValues } from './rule.ts'
import { combineIntegers } from './rules-elementwise.ts'
import { asDense, asFloat, denseValue, floatValue, type RuleContext, type RuntimeValue, share } from './value.ts'

const forLoop: InterpretRule<'for_loop'> = {
  scope: 'control',
  run: async (_, op, operands, runRegion) => {
    const body = need(op.regions[0], 'the body of a loop')
    const { trips, invariants } = op.params
    let carried: WorldValues = operands.map((own) => own.slice(invariants).map(share))
    for (let trip = 0; trip < trips; trip++) {
      const inputs = operands.map((own, replica) => [
        denseValue({ dtype: 'i32', shape: [] }, Int32Array.of(trip)),
        ...own.slice(0, invariants).map(share),
        ...need(carried[replica], 'a replica'),
      ])
      carried = await runRegion(body, inputs)
    }
    return carried
  },
}

export const controlRules: { readonly [K in ControlKind]: InterpretRule<K> } = {
  for_loop: forLoop,
  optimization_barrier: { scope: 'replica', run: (_cx, _op, operands) => operands.map(share) },
}

/** Operand `index` of every replica, in replica order. */
function across(operands: WorldValues, index: number): readonly RuntimeValue[] {
  return operands.map((own) => operandOf(own, index))
}

/** The values of all replicas, combined in replica order; f16 and bf16 sums are rounded once, at the end. */
function combined(
  cx: RuleContext,
  values: readonly RuntimeValue[],
  reduction: OpParams['all_reduce']['reduction'],
): RuntimeValue {
  const first = operandOf(values, 0)
  const rest = values.slice(1)
  if (first.kind === 'dense') {
    const f = integerOps[reduction === 'sum' ? 'add' : 'maximum'](first.dtype)
    return rest.reduce<RuntimeValue>((sum, value) => combineIntegers(f, asDense(sum), asDense(value)), first)
  }
  const tensors = rest.map((value) => asFloat(value).tensor)
  const total = tensors.reduce(
    (sum, tensor) => (reduction === 'sum' ? cx.tf.add(sum, tensor) : cx.tf.maximum(sum, tensor)),
    first.tensor,
  )
  return floatValue(cx, first, total)
}

export const collectiveRules: { readonly [K in CollectiveKind]: InterpretRule<K> } = {
  all_reduce: {
    scope: 'world',
    run: (cx, op, operands) => {
      const totals = op.operands.map((_, i) => combined(cx, across(operands, i), op.params.reduction))
      return operands.map(() => totals.map(share))
    },
  },
  all_gather: {
    scope: 'world',
    run: (cx, op, operands) => {
      const whole = concatenated(cx, across(operands, 0), op.params.dim)
      return operands.map(() => [share(whole)])
    },
  },
  reduce_scatter: {
    scope: 'world',
    run: (cx, op, operands) => {
      const total = combined(cx, across(operands, 0), 'sum')
      const { dim } = op.params
      const size = (total.shape[dim] as number) / operands.length
      const part = (replica: number) =>
        sliced(cx, total, {
          start: total.shape.map((_, i) => (i === dim ? replica * size : 0)),
          limit: total.shape.map((whole, i) => (i === dim ? (replica + 1) * size : whole)),
          stride: total.shape.map(() => 1),
        })
      // With one replica the part is the operand itself.
      return operands.map((_, replica) => [share(part(replica))])
    },
  },
}
