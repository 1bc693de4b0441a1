/** `if`: only one branch is evaluated if the condition is known; on the device both are computed, and a `select` picks one. */
import type { IfExpr } from '../../grammar/ast.ts'
import type { Span } from '../../grammar/source.ts'
import type * as ir from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { alignOperands, jointShape, repeated, showShape } from '../primitives/tensors.ts'
import { sameDimension } from '../types/dimension.ts'
import type { Type } from '../types/type.ts'
import type { Value } from '../values/value.ts'
import { type Context, type Env, fail } from './context.ts'
import { tensor } from './numbers.ts'
import { describe } from './show.ts'

export function evaluateIf(expr: IfExpr, env: Env, context: Context, expected: Type | undefined): Value {
  const { evaluate } = context.session
  const condition = evaluate(expr.condition, env, context)
  if (condition.kind === 'bool') return evaluate(condition.value ? expr.then : expr.otherwise, env, context, expected)
  if (condition.kind !== 'tensor' || condition.value.type.dtype !== 'pred')
    return fail(context, 'ARC4002', { found: describe(condition), wanted: 'a condition' }, expr.condition.span)
  const yes = evaluate(expr.then, env, context, expected)
  const no = evaluate(expr.otherwise, env, context, expected)
  return choose(context, condition.value, yes, no, expr.span)
}

/** `yes` where the predicate holds, else `no`; records are selected field by field. */
function choose(context: Context, predicate: ir.Value, yes: Value, no: Value, span: Span): Value {
  if (yes.kind === 'record' && no.kind === 'record') {
    const fields = new Map<string, Value>()
    for (const [name, value] of yes.fields) {
      const other = no.fields.get(name)
      if (other !== undefined) fields.set(name, choose(context, predicate, value, other, span))
    }
    if (fields.size === yes.fields.size && fields.size === no.fields.size) return { kind: 'record', fields }
  }
  const numeric = (value: Value) => value.kind === 'number' || value.kind === 'tensor'
  if (!numeric(yes) || !numeric(no) || !sameDimension(yes.dimension, no.dimension))
    return fail(context, 'ARC4003', { operator: 'if', left: describe(yes), right: describe(no) }, span)
  const builder = context.builder ?? fail(context, 'ARC4017', { what: '`if` on the device' }, span)
  if (yes.kind === 'number' && no.kind === 'number') {
    const type = { dtype: 'f32', shape: predicate.type.shape } as const
    const chosen = ops.select(builder, predicate, ops.splat(builder, yes.value, type), no.value)
    return tensor(chosen, yes.dimension)
  }
  const aligned = alignOperands(builder, [yes.value, no.value])
  if ('misfit' in aligned) {
    const [left, right] = aligned.misfit
    return fail(context, 'ARC4101', { operator: 'if', left, right }, span)
  }
  return builder.within({ span, path: context.scope.path }, () => {
    const [x = 0, y = 0] = aligned.operands
    // The branches have one shape, or are numbers.
    const branch = [x, y].find((operand) => typeof operand !== 'number')
    const own = branch === undefined || typeof branch === 'number' ? [] : branch.type.shape
    const shape = jointShape(predicate.type.shape, own)
    if (shape === undefined)
      return fail(
        context,
        'ARC4101',
        { operator: 'if', left: showShape(predicate.type.shape), right: showShape(own) },
        span,
      )
    const spread = (operand: ops.Arg) => (typeof operand === 'number' ? operand : repeated(builder, operand, shape))
    const where = repeated(builder, predicate, shape)
    return tensor(ops.select(builder, where, spread(x), spread(y)), yes.dimension)
  })
}
