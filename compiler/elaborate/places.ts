/** Where the values of an experiment's fields, and of the arguments of their objects, were written: for `arcc dump --after elaborate`. */
import type { CallExpr, Expr, Parameter } from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import type { Env } from '../evaluate/context.ts'
import { showValue } from '../evaluate/show.ts'
import type { PlacedValue } from '../experiment/experiment.ts'
import type { Module } from '../names/program.ts'
import type { BackboneValue, ObjectValue, Value } from '../values/value.ts'
import { type Assignment, type Patch, pathText, type Written } from './entries.ts'

/** The arguments of a value by name, as far as calls show them; `isWhole` if no other expression may have passed some. */
interface Arguments {
  readonly given: ReadonlyMap<string, Expr>
  readonly isWhole: boolean
}

const unknownArguments: Arguments = { given: new Map(), isWhole: false }
const noArguments: Arguments = { given: new Map(), isWhole: true }

/** Follows calls and the `let`s that they name: of `r50(embedding: 256)` also the arguments of `let r50 = iresnet(…)`. */
function argumentsOf(expr: Expr, module: Module, parameters: readonly Parameter[]): Arguments {
  if (expr.kind === 'Call') {
    const inner = argumentsOf(expr.callee, module, parameters)
    return { given: new Map([...inner.given, ...passed(expr, inner, parameters)]), isWhole: inner.isWhole }
  }
  if (expr.kind !== 'Name') return unknownArguments
  const found = module.scope.get(expr.name)
  if (found?.decl.kind === 'Let') return argumentsOf(found.decl.value, found.module, parameters)
  const isDeclared =
    found?.decl.kind === 'Object' || (found?.decl.kind === 'Function' && found.decl.keyword === 'backbone')
  return isDeclared ? noArguments : unknownArguments
}

/** The arguments of one call; positional ones fill the parameters that earlier calls have left. */
function passed(call: CallExpr, earlier: Arguments, parameters: readonly Parameter[]): readonly [string, Expr][] {
  const open = parameters.map(({ name }) => name.text).filter((name) => !earlier.given.has(name))
  return call.arguments.flatMap(({ name, value }, i): [string, Expr][] => {
    const known = name?.text ?? open[i]
    return known === undefined ? [] : [[known, value]]
  })
}

function hidesName(env: Env, expr: Expr): boolean {
  const name = expr.kind === 'Call' ? expr.callee : expr
  for (let at = env.locals; at !== undefined; at = at.outer)
    if (name.kind === 'Name' && at.name === name.name) return true
  return false
}

type WithArguments = ObjectValue | BackboneValue

/** The arguments of an object or a backbone, each with its place. */
function placedArguments(
  path: string,
  value: WithArguments,
  written: Written | undefined,
  patches: readonly Patch[],
): readonly PlacedValue[] {
  const { parameters } = value.decl
  const isShown = written !== undefined && !hidesName(written.env, written.expr)
  const found = isShown ? argumentsOf(written.expr, written.env.module, parameters) : unknownArguments
  return parameters.flatMap((parameter): PlacedValue[] => {
    const name = parameter.name.text
    const argument = value.arguments.get(name)
    if (argument === undefined && value.kind === 'object') return []
    const patch = patches.findLast((known) => pathText(known.path) === name)
    const expr = patch?.expr ?? found.given.get(name)
    const initial = parameter.default
    const shown = argument === undefined ? initial && textOf(initial.span) : showValue(argument)
    if (shown === undefined) return []
    const base = { path: `${path}.${name}`, text: shown }
    if (expr !== undefined) return [{ ...base, origin: patch?.origin ?? written?.origin ?? 'file', span: expr.span }]
    const isDefault = initial !== undefined && (found.isWhole || written === undefined || argument === undefined)
    if (isDefault) return [{ ...base, origin: 'default', span: initial.span, owner: value.decl.name.text }]
    return [{ ...base, origin: written?.origin ?? 'default', span: written?.expr.span }]
  })
}

/** Fields inside an object that were set by a path and are no parameters: `machine.device.memory`. */
function placedInside(path: string, value: WithArguments, patches: readonly Patch[]): readonly PlacedValue[] {
  const names = new Set(value.decl.parameters.map(({ name }) => name.text))
  return patches
    .filter((patch) => patch.path.length > 1 || !names.has(pathText(patch.path)))
    .map((patch) => {
      const inner = pathText(patch.path)
      const set = value.kind === 'object' ? value.overrides.get(inner) : undefined
      const { origin, expr } = patch
      return {
        path: `${path}.${inner}`,
        text: set === undefined ? textOf(expr.span) : showValue(set),
        origin,
        span: expr.span,
      }
    })
}

/** The value of a field and those of its arguments, with their places. */
export function placedValues(path: string, value: Value, assignment: Assignment | undefined): readonly PlacedValue[] {
  const { written, patches = [] } = assignment ?? {}
  const own: PlacedValue = {
    path,
    text: showValue(value),
    origin: written?.origin ?? 'default',
    span: written?.expr.span,
  }
  if (value.kind !== 'object' && value.kind !== 'backbone') return [own]
  return [own, ...placedArguments(path, value, written, patches), ...placedInside(path, value, patches)]
}
