/** How the scalar code of methods is applied to tensors: contexts, tried code, and results of the wanted shape. */
import { bug } from '../../grammar/diagnostic.ts'
import { attempt, type Context, fail, type Session, staticContext } from '../evaluate/context.ts'
import { methodOf } from '../evaluate/method.ts'
import { describe } from '../evaluate/show.ts'
import { GraphBuilder } from '../ir/build.ts'
import { sameShape, type TensorType } from '../ir/dtype.ts'
import type * as ir from '../ir/graph.ts'
import { convert, splat } from '../ir/ops.ts'
import { jointShape, repeated } from '../primitives/tensors.ts'
import type { ObjectValue, Value } from '../values/value.ts'

/** Runs scalar code that has been tried before; an error that appears only now is a bug in the compiler. */
export function again<T>(what: string, session: Session, body: () => T): T {
  session.spent.steps = 0
  const result = attempt(body)
  return result === undefined ? bug(`${what} failed although it was checked before`) : result
}

/** The value as a tensor of the type of `like`; numbers, scalars and dims of 1 are repeated. */
export function shaped(
  context: Context,
  object: ObjectValue,
  method: string,
  value: Value,
  like: TensorType,
): ir.Value {
  const builder = context.builder ?? bug('no graph')
  if (value.kind === 'number') return splat(builder, value.value, like)
  if (value.kind === 'tensor' && value.value.type.dtype !== 'pred') {
    const joined = jointShape(value.value.type.shape, like.shape)
    if (joined !== undefined && sameShape(joined, like.shape))
      return convert(builder, repeated(builder, value.value, like.shape), like.dtype)
  }
  return fail(
    context,
    'ARC4002',
    { found: describe(value), wanted: `a number from \`${object.decl.name.text}.${method}\`` },
    methodOf(object, method)?.body.span ?? object.span,
  )
}

export function contextOf(session: Session, builder: GraphBuilder): Context {
  return { ...staticContext(session), builder }
}

/** A graph for trying scalar code once, so that its errors are reported before it is used. */
export function scratch(): {
  readonly builder: GraphBuilder
  readonly input: (name: string, shape: readonly number[]) => ir.Value
} {
  const builder = new GraphBuilder('scratch', 1)
  return { builder, input: (name, shape) => builder.input(name, { dtype: 'f32', shape }) }
}
