/** Calls of another library's layers and schedules: `nn.Conv2d(64, 128, 3)`. Reported once, with the whole call as it is written here. */
import type { CallExpr, Expr } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { isLibrary, type OtherCall, otherCall } from '../names/other-calls.ts'
import { own } from '../types/own.ts'
import type { Given } from './application.ts'
import type { Checker, Scope } from './checker.ts'
import { isDeclared, reportOnce, unknownRoot } from './unknown-names.ts'

interface ForeignCall {
  readonly callee: Expr
  /** The piped value first. */
  readonly given: readonly Given[]
  readonly expr: Expr
}

/** Arguments that are written without their names, as the first ones after the input. */
const LEADING: ReadonlySet<string> = new Set(['channels', 'features', 'rate'])

/** The arguments of another library's call, as they are written here; `undefined` if one is not known. */
function rewritten(other: OtherCall, given: readonly Given[]): readonly string[] | undefined {
  const { arguments: known, defaults = [] } = other
  const written: string[] = []
  const names = new Set<string>()
  for (const [index, { name, value }] of given.entries()) {
    const pair = name === undefined ? known[index] : known.find((one) => one.includes(name.text))
    if (pair === undefined) return undefined
    const [, ours] = pair
    if (ours === undefined) continue
    names.add(ours)
    const text = textOf(value.span)
    written.push(LEADING.has(ours) && written.length === 0 ? text : `${ours}: ${text}`)
  }
  const implied = defaults.filter(([ours]) => !names.has(ours)).map(([ours, value]) => `${ours}: ${value}`)
  return [...written, ...implied]
}

function helpOf(other: OtherCall, { callee, given, expr }: ForeignCall): Extras {
  const isPiped = given[0]?.into !== undefined
  const written = rewritten(other, isPiped ? given.slice(1) : given)
  // `Conv2d(64, kernel: 3)` has the arguments of a layer here.
  const isOwn =
    other.arguments.some(([, ours]) => ours !== undefined && LEADING.has(ours)) && /:/.test(written?.[0] ?? ':')
  if (written !== undefined && isOwn) return didYouMean(other.name, callee.span)
  if (written === undefined) return { notes: [`did you mean \`${other.name}\`?`] }
  const call = written.length > 0 ? `${other.name}(${written.join(', ')})` : other.name
  if (isPiped) return { fix: { message: `write \`${call}\``, span: expr.span, replacement: call } }
  // An optimizer or a schedule has no input; a layer does.
  const isObject = other.arguments[0]?.[0] === 'optimizer'
  if (!isObject) return { notes: [`a layer follows its input: \`x |> ${call}\``] }
  const object = written.length > 0 ? call : `${call}()`
  return { fix: { message: `write \`${object}\``, span: expr.span, replacement: object } }
}

/** The dims of `torch.cat` that have the same meaning for vectors and images; channels are the last dim here, the second one there. */
const JOINED_DIMS: Readonly<Record<string, string>> = { '0': '0', '1': '-1' }

/** `torch.cat([a, b], 1)` */
function concatenation({ given, expr }: ForeignCall): Extras {
  const [list, dim] = given
  const [a, b, c] = list?.value.kind === 'List' ? list.value.items : []
  const meant = own(JOINED_DIMS, dim === undefined ? '0' : textOf(dim.value.span))
  if (a === undefined || b === undefined || c !== undefined || meant === undefined)
    return { notes: ['two tensors are joined by `concatenate(a, b, dim: -1)`; channels are the last dim'] }
  const replacement = `concatenate(${textOf(a.span)}, ${textOf(b.span)}, dim: ${meant})`
  return { fix: { message: `write \`${replacement}\``, span: expr.span, replacement } }
}

const PIPELINE_NOTE = 'layers follow each other in a pipeline: `x |> flatten |> linear(64)`'

function extrasOf(name: string, call: ForeignCall, scope: Scope): Extras | undefined {
  if (name === 'cat' || name === 'concat') return concatenation(call)
  if (name === 'Sequential') return { notes: [PIPELINE_NOTE] }
  const other = otherCall(name)
  return other === undefined || !isDeclared(other.name, scope) ? undefined : helpOf(other, call)
}

/** False if this is anything else. The arguments are part of the mistake. */
export function reportForeignCall(checker: Checker, call: ForeignCall, scope: Scope): boolean {
  const { callee } = call
  const root = unknownRoot(callee, scope)
  if (root === undefined || checker.program.declaredIn(root.name).length > 0) return false
  if (callee.kind === 'Name') {
    const extras = otherCall(root.name) === undefined ? undefined : extrasOf(root.name, call, scope)
    if (extras !== undefined) reportOnce(checker, scope, root.name, root.span, () => extras)
    return extras !== undefined
  }
  if (callee.kind !== 'Member') return false
  const extras = extrasOf(callee.name.text, call, scope)
  if (extras === undefined || !isLibrary(root.name)) return false
  reportOnce(checker, scope, root.name, root.span, () => extras)
  return true
}

/** `gradient.norm()` for `norm(gradient)`: a method, where a function takes the value. */
export function methodExtras(expr: CallExpr, object: Expr, name: string): Extras {
  const rest = expr.arguments.map(({ span }) => textOf(span))
  const replacement = `${name}(${[textOf(object.span), ...rest].join(', ')})`
  const span: Span = { ...expr.span, start: object.span.start }
  return { fix: { message: `write \`${replacement}\``, span, replacement } }
}
