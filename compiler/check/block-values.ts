/** Blocks and functions as arguments: `activation: block = prelu`, called as `activation(x)`. */
import type { Argument, Expr, FunctionDecl } from '../../grammar/ast.ts'
import { walk } from '../../grammar/visit.ts'
import type { Type } from '../types/type.ts'
import { quoteList, showType } from './show-type.ts'
import { typeOfNode } from './type-nodes.ts'

/** Tensors, and the numbers of functions that take tensors elementwise. */
function isTensorLike(type: Type, decl: FunctionDecl): boolean {
  if (type.kind === 'tensor' || type.kind === 'unknown') return true
  return type.kind === 'number' && (type.device || (decl.body === undefined && type.dimension.radian === 1))
}

/** Why a function cannot be passed as a block: `undefined` if it takes a tensor and gives one. */
export function blockMisfit(decl: FunctionDecl): string | undefined {
  const [first] = decl.parameters
  if (first === undefined) return 'it takes no tensor'
  const taken = first.type === undefined ? undefined : typeOfNode(first.type)
  if (taken === undefined || !isTensorLike(taken, decl))
    return `its first parameter is ${taken === undefined ? 'a number' : showType(taken)}, not a tensor`
  const given = decl.result === undefined ? undefined : typeOfNode(decl.result)
  return given === undefined || isTensorLike(given, decl) ? undefined : `it gives ${showType(given)}, not a tensor`
}

/** The arguments of one call after the tensor. */
interface Extras {
  readonly positional: number
  readonly names: readonly string[]
}

function extrasOf(given: readonly Argument[]): Extras {
  const names = given.flatMap(({ name }) => (name === undefined ? [] : [name.text]))
  return { positional: given.length - names.length, names }
}

/** What the calls of `parameter` in a body pass besides the tensor. Blocks to which it is passed on check their own. */
function callsIn(body: Expr, parameter: string): readonly Extras[] {
  const found: Extras[] = []
  const piped = new Set<Expr>()
  const isCallee = (expr: Expr) => expr.kind === 'Name' && expr.name === parameter
  walk(body, (node) => {
    if (node.kind === 'Pipe') {
      if (node.target.kind === 'Call') piped.add(node.target)
      else if (isCallee(node.target)) found.push({ positional: 0, names: [] })
    } else if (node.kind === 'Call' && isCallee(node.callee)) {
      // Without a positional argument, the tensor is missing, which the call itself reports.
      const hasTensor = !piped.has(node) && node.arguments[0]?.name === undefined
      found.push(extrasOf(hasTensor ? node.arguments.slice(1) : node.arguments))
    }
    return true
  })
  return found
}

/** Why the calls of a parameter in the body of `owner` do not fit the function that is passed for it; `undefined` if they do. */
export function callMisfit(passed: FunctionDecl, parameter: string, owner: FunctionDecl): string | undefined {
  const calls = owner.body === undefined ? [] : callsIn(owner.body, parameter)
  const [, ...others] = passed.parameters
  for (const { positional, names } of calls) {
    const missing = others
      .filter((other, i) => other.default === undefined && i >= positional && !names.includes(other.name.text))
      .map((other) => other.name.text)
    if (missing.length > 0) return `it needs ${quoteList(missing)}, which \`${owner.name.text}\` does not pass`
    const surplus = names.filter((name) => !others.some((other) => other.name.text === name))
    if (surplus.length > 0) return `it has no ${quoteList(surplus)}, which \`${owner.name.text}\` passes`
    if (positional > others.length) return `\`${owner.name.text}\` passes ${positional + 1} arguments`
  }
  return undefined
}
