/** Values of top-level `let`s, functions and backbones. */
import type { Span } from '../../grammar/source.ts'
import { typeOfNode } from '../check/type-nodes.ts'
import type { Definition } from '../names/program.ts'
import type { Value } from '../values/value.ts'
import { conformToNode } from './conform.ts'
import { type Context, type Env, fail, staticContext } from './context.ts'

/** The value of a definition that is not an object; each `let` is evaluated once. */
export function evaluateDefinition(definition: Definition, span: Span, context: Context): Value | undefined {
  const { decl, module } = definition
  if (decl.kind === 'Object') return undefined
  if (decl.kind === 'Function')
    return decl.keyword === 'backbone'
      ? { kind: 'backbone', decl, module, arguments: new Map(), name: decl.name.text }
      : { kind: 'function', decl, module }
  const { lets } = context.session
  const known = lets.get(decl)
  if (known === 'open') return fail(context, 'ARC4014', { name: decl.name.text }, span)
  if (known !== undefined) return known
  lets.set(decl, 'open')
  try {
    const env: Env = { module, locals: undefined }
    const fresh: Context = { ...staticContext(context.session), frame: context.frame }
    const hint = decl.type === undefined ? undefined : typeOfNode(decl.type)
    const value = context.session.evaluate(decl.value, env, fresh, hint)
    const typed =
      decl.type === undefined
        ? value
        : conformToNode(fresh, decl.type, value, env, decl.value.span, `\`${decl.name.text}\``)
    const named = typed.kind === 'backbone' ? { ...typed, name: decl.name.text } : typed
    lets.set(decl, named)
    return named
  } finally {
    if (lets.get(decl) === 'open') lets.delete(decl)
  }
}
