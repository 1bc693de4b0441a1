/** Elements of a list against the type of its place; what all of them lack is one mistake, and has one fix. */
import type { Expr } from '../../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag, type Fix } from '../../grammar/diagnostic.ts'
import { joinSpans } from '../../grammar/source.ts'
import { type Checker, type Expected, report, type Scope } from './checker.ts'

export function checkItems(checker: Checker, items: readonly Expr[], scope: Scope, element: Expected): void {
  const areLiterals = items.length > 1 && items.every(({ kind }) => kind === 'Number' || kind === 'String')
  if (!areLiterals) {
    for (const item of items) checker.check(item, scope, element)
    return
  }
  const found = items.map((item) => {
    const trial = checker.into(new DiagnosticBag())
    trial.check(item, scope, element)
    return [...trial.bag.sorted(), ...trial.warnings]
  })
  const joined = joinedOf(items, found)
  if (joined !== undefined) report(checker, joined)
  else for (const diagnostic of found.flat()) report(checker, diagnostic)
}

/** One diagnostic for all elements, if each of them has the same with a fix. */
function joinedOf(items: readonly Expr[], found: readonly (readonly Diagnostic[])[]): Diagnostic | undefined {
  const [first, ...others] = found.flat()
  if (first === undefined || found.some(({ length }) => length !== 1)) return undefined
  const all = [first, ...others]
  const fixes = all.flatMap(({ fix }) => (fix === undefined ? [] : [fix]))
  if (fixes.length < all.length || all.some(({ code }) => code !== first.code)) return undefined
  // `[0, 20]` without a unit: the largest number tells best which one is meant.
  const sizes = items.map((item) => (item.kind === 'Number' ? item.value : 0))
  const telling = all[sizes.indexOf(Math.max(...sizes))] ?? first
  const fix = fixOf(fixes, telling.fix)
  return fix && { ...telling, span: first.span, fix }
}

/** The edits of all elements as one; what is inserted is the same for all. */
function fixOf(fixes: readonly Fix[], telling: Fix | undefined): Fix | undefined {
  if (telling === undefined) return undefined
  const whole = fixes.map(({ span }) => span).reduce(joinSpans)
  let replacement = ''
  let at = whole.start
  for (const { span, replacement: own } of fixes) {
    replacement += whole.source.text.slice(at, span.start) + (span.start === span.end ? telling.replacement : own)
    at = span.end
  }
  return { message: telling.message, span: whole, replacement }
}
