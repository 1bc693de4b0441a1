/** Explains why a value does not fit its place, and how to fix it. */
import type { CallExpr, Expr, FunctionDecl, RecordExpr, StringExpr } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { meantName } from '../names/other-words.ts'
import { isDimensionless, sameDimension } from '../types/dimension.ts'
import { bandwidth, type NumberType, string, type Type } from '../types/type.ts'
import { blockMisfit } from './block-values.ts'
import { type Checker, type Expected, report, type Scope } from './checker.ts'
import { fits, membersOf, present } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { bareNumber, batchOf, missingUnit, otherUnit, wholeNumber, withoutBatch } from './number-edits.ts'
import { showCall, showType } from './show-type.ts'
import { typeOfNode } from './type-nodes.ts'
import { namesFor } from './unknown-names.ts'

/** Details of the place: the origin of the type, and a fact about the field. */
function extrasOf(expected: Expected, extras: Extras): Extras {
  const related = [...(extras.related ?? []), ...(expected.origin === undefined ? [] : [expected.origin])]
  const notes = [...(extras.notes ?? []), ...(expected.note === undefined ? [] : [expected.note])]
  return { ...extras, related, notes }
}

/** The type of a value in its place: its own if it fits; otherwise the mismatch is reported and the expected type returned. */
export function expectType(checker: Checker, expr: Expr, actual: Type, expected: Expected): Type {
  if (fits(actual, expected.type)) return actual
  reportMismatch(checker, expr, actual, expected)
  return expected.type
}

function reportMismatch(checker: Checker, expr: Expr, actual: Type, expected: Expected): void {
  const wanted = present(expected.type)
  const { what } = expected
  const place = placeOf(expected)
  const found = actual.kind === 'optional' ? `${showType(actual)} or \`none\`` : showType(actual)
  const shown = { place, expected: showType(wanted), found }
  if (actual.kind === 'number' && reportNumber(checker, expr, actual, besideNames(wanted), expected)) return
  if (actual.kind === 'bool' && wanted.kind === 'bool') {
    const extras = extrasOf(expected, { label: 'known only on the device' })
    report(checker, checkDiagnostic('ARC3005', { what, noun: 'condition' }, expr.span, extras))
    return
  }
  if (actual.kind === 'batch' && wanted.kind === 'number' && isDimensionless(wanted.dimension)) {
    const extras = extrasOf(expected, { label: thisIs(found), ...withoutBatch(expr) })
    report(checker, checkDiagnostic('ARC3001', shown, expr.span, extras))
    return
  }
  const text = literalText(expr)
  const members = membersOf(wanted)
  if (members.length > 0 && text !== undefined) {
    const meant = members.includes(text) ? text : meantName(text, members)
    const fix =
      meant === undefined
        ? {}
        : { fix: { message: 'names are written without quotes', span: expr.span, replacement: meant } }
    report(checker, checkDiagnostic('ARC3001', { ...shown, found: 'a string' }, expr.span, extrasOf(expected, fix)))
    return
  }
  const bare = text === undefined ? undefined : unquotedValue(text, wanted)
  if (bare !== undefined) {
    const fix = { message: 'only texts are written in quotes', span: expr.span, replacement: bare }
    report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, { fix })))
    return
  }
  const truth = wanted.kind === 'bool' && expr.kind === 'Number' ? ['false', 'true'][expr.value] : undefined
  if (truth !== undefined) {
    const fix = { message: `write \`${truth}\``, span: expr.span, replacement: truth }
    report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, { fix })))
    return
  }
  if (wanted.kind === 'list' && fits(actual, wanted.element)) {
    const fix = {
      message: 'write a list',
      span: expr.span,
      replacement: `[${textOf(expr.kind === 'Block' ? expr.value.span : expr.span)}]`,
    }
    const extras = expected.like === undefined ? { fix } : { notes: [`write a list such as \`${expected.like}\``] }
    report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, extras)))
    return
  }
  if (wanted.kind === 'block' && reportBlock(checker, expr, actual, expected)) return
  if (actual.kind === 'function' && isResult(actual.decl, wanted)) {
    report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, missingCall(actual.decl, expr))))
    return
  }
  if (wanted.kind === 'link' && fits(actual, bandwidth)) {
    const notes = ['nvlink', 'pcie', 'infiniband', 'ethernet'].map((name) => `\`${name}(${textOf(expr.span)})\``)
    const extras = extrasOf(expected, { notes: [`write the kind of link: ${notes.join(', ')}`] })
    report(checker, checkDiagnostic('ARC3001', shown, expr.span, extras))
    return
  }
  const isOfLoop = actual.kind === 'list' && actual.element.kind === 'tensor' && fits(actual.element, wanted)
  const notes = isOfLoop ? ['a `for` gives a list of all results; with `carry x = input` it gives the last one'] : []
  const label = actual.kind === 'function' && wanted.kind === 'object' ? 'this is not called' : thisIs(found)
  report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, { label, notes })))
}

/** `"42"` where 42 is required, and `"64 per device"` or `"true"`: the value without its quotes. */
function unquotedValue(text: string, wanted: Type): string | undefined {
  const trimmed = text.trim()
  if (wanted.kind === 'bool') return /^(true|false)$/i.test(trimmed) ? trimmed.toLowerCase() : undefined
  const { kind } = besideNames(wanted)
  if (kind !== 'number' && kind !== 'batch' && kind !== 'duration') return undefined
  return /^-?\d[\d_]*(\.\d+)?(e[+-]?\d+)?( ?(%|[A-Za-z]+(\/s)?|per device))?$/.test(trimmed) ? trimmed : undefined
}

/** `"a100"` where an object or a backbone is required, and one has this name; false if this is anything else. */
export function reportQuotedName(checker: Checker, expr: StringExpr, scope: Scope, expected: Expected): boolean {
  const text = literalText(expr)
  const { kind } = besideNames(expected.type)
  if (text === undefined || (kind !== 'object' && kind !== 'backbone')) return false
  const meant = meantName(text, namesFor(scope, expected.type))
  if (meant === undefined) return false
  const params = { place: placeOf(expected), expected: showType(present(expected.type)), found: 'a string' }
  const decl = scope.module.scope.get(meant)?.decl
  const missing = decl?.kind === 'Object' ? decl.parameters.filter((parameter) => parameter.default === undefined) : []
  const extras =
    missing.length === 0
      ? { fix: { message: 'names are written without quotes', span: expr.span, replacement: meant } }
      : { notes: [`write ${showCall(meant, missing)}`] }
  report(checker, checkDiagnostic('ARC3001', params, expr.span, extrasOf(expected, extras)))
  return true
}

/** Warns of `"lfw"` where names and paths are taken: the name is probably meant. */
export function noteQuotedMember(checker: Checker, expr: StringExpr, wanted: Type): void {
  const text = literalText(expr)
  const found = wanted.kind === 'union' ? wanted.members.find(({ kind }) => kind === 'enum') : undefined
  if (text === undefined || found?.kind !== 'enum' || !found.members.includes(text) || !fits(string, wanted)) return
  const fix = { message: 'names are written without quotes', span: expr.span, replacement: text }
  report(checker, checkDiagnostic('ARC3292', { name: text, what: found.name }, expr.span, { fix }))
}

/** Handles what is passed in the place of a block; false if this is a value of any other kind. */
function reportBlock(checker: Checker, expr: Expr, actual: Type, expected: Expected): boolean {
  const place = placeOf(expected)
  const text = literalText(expr)
  if (actual.kind === 'function') {
    const params = { name: actual.decl.name.text, place: expected.what, reason: blockMisfit(actual.decl) ?? '' }
    const related = [{ span: actual.decl.name.span, message: 'declared here' }]
    report(checker, checkDiagnostic('ARC3165', params, expr.span, extrasOf(expected, { related })))
    return true
  }
  const shown = { place, expected: 'the name of a block or function', found: showType(actual) }
  const fix =
    text === undefined
      ? {}
      : { fix: { message: 'names are written without quotes', span: expr.span, replacement: text } }
  report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, { ...calledBlock(expr), ...fix })))
  return true
}

/** `prelu()`, where `prelu` is passed. */
function calledBlock(expr: Expr): Extras {
  if (expr.kind !== 'Call' || expr.callee.kind !== 'Name') return {}
  const { name, span } = expr.callee
  if (expr.arguments.length > 0) return { notes: [`write its name without a call: \`${name}\``] }
  return {
    fix: {
      message: `a block is passed by its name: \`${name}\``,
      span: { ...expr.span, start: span.end },
      replacement: '',
    },
  }
}

/** A block that is called without arguments where its name is meant; false if this is anything else. */
export function reportCalledBlock(checker: Checker, expr: CallExpr, scope: Scope, expected: Expected): boolean {
  const { callee } = expr
  if (expected.type.kind !== 'block' || callee.kind !== 'Name' || expr.arguments.length > 0) return false
  const decl = scope.module.scope.get(callee.name)?.decl
  if (decl?.kind !== 'Function' || blockMisfit(decl) !== undefined) return false
  const shown = { place: placeOf(expected), expected: 'the name of a block or function', found: 'a call' }
  report(checker, checkDiagnostic('ARC3001', shown, expr.span, extrasOf(expected, calledBlock(expr))))
  return true
}

/** `{ type = "sgd", lr = 0.1 }` where an object is required; false if this is anything else. */
export function reportRecord(checker: Checker, expr: RecordExpr, scope: Scope, expected: Expected): boolean {
  const { kind } = besideNames(expected.type)
  const named = expr.fields.find(({ name, value }) => NAME_FIELDS.has(name.text) && literalText(value) !== undefined)
  const meant = named && meantName(literalText(named.value) ?? '', namesFor(scope, expected.type))
  if (meant === undefined || (kind !== 'object' && kind !== 'backbone')) return false
  const others = expr.fields.filter((field) => field !== named)
  const replacement = `${meant}(${others.map(({ name, value }) => `${name.text}: ${textOf(value.span)}`).join(', ')})`
  const fix = { message: `write \`${replacement}\``, span: expr.span, replacement }
  const params = { place: placeOf(expected), expected: showType(present(expected.type)), found: 'a record' }
  report(checker, checkDiagnostic('ARC3001', params, expr.span, extrasOf(expected, { fix })))
  return true
}

/** Fields of JSON that say which object is meant. */
const NAME_FIELDS: ReadonlySet<string> = new Set(['type', 'name', 'kind', 'class', '_target_'])

/** Whether a function returns what is wanted. */
function isResult({ result }: FunctionDecl, wanted: Type): boolean {
  return result !== undefined && fits(typeOfNode(result), wanted)
}

/** `ema` where `ema()` is required. */
function missingCall({ name, parameters }: FunctionDecl, expr: Expr): Extras {
  const missing = parameters.filter((parameter) => parameter.default === undefined)
  const label = 'this is not called'
  if (missing.length === 0)
    return { label, fix: { message: 'call it', span: expr.span, replacement: `${textOf(expr.span)}()` } }
  return { label, notes: [`write ${showCall(name.text, missing)}`] }
}

/** The type that a place accepts in addition to names like `auto` and to lists, if there is exactly one. */
function besideNames(wanted: Type): Type {
  if (wanted.kind !== 'union') return wanted
  const [only, ...more] = wanted.members.filter(({ kind }) => kind !== 'enum' && kind !== 'list')
  return only === undefined || more.length > 0 ? wanted : only
}

function placeOf({ what, verb = 'takes' }: Expected): string {
  return what === '' ? '' : `${what} ${verb}`
}

function thisIs(text: string): string {
  return `this is ${text}`
}

/** The text of a string literal without interpolation. */
function literalText(expr: Expr): string | undefined {
  return expr.kind === 'String' && expr.holes.length === 0 ? (expr.texts[0] ?? '') : undefined
}

/** Handles numbers where a number, a batch or a duration is required; false if this is not the problem. */
function reportNumber(checker: Checker, expr: Expr, actual: NumberType, wanted: Type, expected: Expected): boolean {
  const { what } = expected
  const place = placeOf(expected)
  const shown = { place, expected: showType(present(expected.type)), found: showType(actual) }
  const say = (code: 'ARC3001' | 'ARC3003', extras: Extras) => {
    report(checker, checkDiagnostic(code, shown, expr.span, extrasOf(expected, extras)))
    return true
  }
  const needsUnit =
    wanted.kind === 'batch' ||
    wanted.kind === 'duration' ||
    (wanted.kind === 'number' && !isDimensionless(wanted.dimension))
  const bare = bareNumber(expr)
  if (needsUnit && isDimensionless(actual.dimension) && bare !== undefined) {
    report(
      checker,
      checkDiagnostic(
        'ARC3002',
        { place: shown.place, expected: shown.expected },
        expr.span,
        extrasOf(expected, missingUnit(bare, wanted)),
      ),
    )
    return true
  }
  if (wanted.kind === 'batch')
    return say('ARC3001', {
      notes: ['a batch size is a number with `per device` or `global`'],
      ...batchOf(expr, actual),
    })
  if (wanted.kind !== 'number')
    return wanted.kind === 'duration' ? say('ARC3003', { label: `this is ${shown.found}` }) : false
  if (!sameDimension(actual.dimension, wanted.dimension))
    return say('ARC3003', { label: `this is ${shown.found}`, ...otherUnit(expr, wanted) })
  if (actual.device && !wanted.device) {
    report(
      checker,
      checkDiagnostic(
        'ARC3005',
        { what, noun: 'number' },
        expr.span,
        extrasOf(expected, { label: 'known only on the device' }),
      ),
    )
    return true
  }
  const found = expr.kind === 'Number' ? textOf(expr.span) : 'a number that may not be whole'
  const extras = { label: 'not a whole number', ...wholeNumber(expr) }
  report(checker, checkDiagnostic('ARC3004', { ...shown, found }, expr.span, extrasOf(expected, extras)))
  return true
}

/** What the names of a list are: `verification set`. */
function elementName({ what, type }: Expected): string | undefined {
  if (!what.startsWith('an element of ')) return undefined
  const known = (type.kind === 'union' ? type.members : [type]).filter((member) => member.kind === 'enum')
  return known.length === 1 ? known[0]?.name : undefined
}

/** Reports a name that is not a member its place accepts. */
export function reportUnknownMember(
  checker: Checker,
  expr: Expr & { readonly kind: 'Name' },
  expected: Expected,
): void {
  const members = membersOf(expected.type)
  const accepted = showType(present(expected.type))
  // PyTorch's and TensorFlow's word for no padding.
  const isNoPadding = expr.name === 'valid' && members.includes('same')
  const meant = isNoPadding ? '0' : meantName(expr.name, members)
  const fix = didYouMean(meant, expr.span)
  const what = expected.what === '' ? `one of ${accepted}` : (elementName(expected) ?? `value of ${expected.what}`)
  const notes = expected.what === '' ? [] : [`${expected.what} takes ${accepted}`]
  report(
    checker,
    checkDiagnostic('ARC3007', { name: expr.name, what }, expr.span, extrasOf(expected, { notes, ...fix })),
  )
}
