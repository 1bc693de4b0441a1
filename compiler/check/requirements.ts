/** `require memory.peak < 30 GiB`: one figure of the plan, compared with a bound. */
import type { Entry, Expr, RequireEntry } from '../../grammar/ast.ts'
import type { Fix } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { meantName } from '../names/other-words.ts'
import { requireQuantities } from '../schema/objects.ts'
import { isRunFigure, runFigures, runFigureType } from '../schema/run-figures.ts'
import { own } from '../types/own.ts'
import { unionOf } from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { checkDiagnostic } from './messages.ts'
import { quoteList } from './show-type.ts'

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }
/** The figures that a requirement can bound; accuracies are those of the verification sets. */
function figuresOf(entries: readonly Entry[]): readonly string[] {
  const sets = setsIn(entries, '')
  const verified = sets.length === 0 ? ['lfw'] : sets
  return [
    ...Object.keys(requireQuantities),
    ...Object.keys(runFigures),
    ...verified.map((name) => `verification.${name}.accuracy`),
  ]
}

/** The names in `evaluate.sets`, as far as they are written there. */
function setsIn(entries: readonly Entry[], prefix: string): readonly string[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'Section') return setsIn(entry.entries, `${prefix}${entry.name.text}.`)
    if (entry.kind !== 'Field') return []
    const path = prefix + entry.path.map(({ text }) => text).join('.')
    if (path !== 'evaluate.sets' || entry.value.kind !== 'List') return []
    return entry.value.items.flatMap((item) => (item.kind === 'Name' ? [item.name] : []))
  })
}

function isFigure(path: string): boolean {
  return own(requireQuantities, path) !== undefined || isRunFigure(path)
}

/** `memory.peak` as text; `undefined` if it is not a path. */
function pathOf(expr: Expr): string | undefined {
  if (expr.kind === 'Name') return expr.name
  if (expr.kind !== 'Member') return undefined
  const object = pathOf(expr.object)
  return object === undefined ? undefined : `${object}.${expr.name.text}`
}

/** Why a condition is not a valid requirement, and where; `undefined` if it is valid. */
function refusal(condition: Expr): { readonly found: string; readonly span: Span; readonly fix?: Fix } | undefined {
  if (condition.kind !== 'Binary') return { found: 'this', span: condition.span }
  const { operator, left, right, operatorSpan } = condition
  if (operator === 'and' || operator === 'or')
    return { found: `two conditions with \`${operator}\``, span: operatorSpan }
  if (own(mirrored, operator) === undefined) return { found: `with \`${operator}\``, span: operatorSpan }
  if (pathOf(left) !== undefined) return undefined
  const isSwapped = isFigure(pathOf(right) ?? '')
  if (!isSwapped) return { found: 'this', span: left.span }
  const swapped = `${textOf(right.span)} ${own(mirrored, operator) ?? operator} ${textOf(left.span)}`
  const fix = { message: 'put the figure first', span: condition.span, replacement: swapped }
  return { found: 'the other way round', span: condition.span, fix }
}

/** `entries` are those of the experiment. */
export function checkPlanRequirement(
  checker: Checker,
  { condition }: RequireEntry,
  scope: Scope,
  entries: readonly Entry[],
): void {
  if (condition.kind === 'Error') return
  const figures = figuresOf(entries)
  const refused = refusal(condition)
  if (refused !== undefined || condition.kind !== 'Binary') {
    const notes = [`write \`require memory.peak < 30 GiB\`; the figures are ${quoteList(figures)}`]
    const { found, span, fix } = refused ?? { found: 'this', span: condition.span }
    report(checker, checkDiagnostic('ARC3212', { found }, span, { notes, ...(fix && { fix }) }))
    return
  }
  const { left, right } = condition
  const path = pathOf(left) ?? ''
  const [first, ...others] = isRunFigure(path) ? runFigureType(path) : []
  const ofRun = first === undefined ? undefined : others.length === 0 ? first : unionOf(first, ...others)
  const quantity = own(requireQuantities, path) ?? ofRun
  if (quantity === undefined) {
    const meant = meantName(path, figures)
    const notes = [`the figures are ${quoteList(figures)}`]
    report(checker, checkDiagnostic('ARC3213', { name: path }, left.span, { notes, ...didYouMean(meant, left.span) }))
    return
  }
  const origin = { span: left.span, message: 'the bounded figure' }
  checker.check(right, scope, { type: quantity, what: `the bound of \`${path}\``, verb: 'must be', origin })
}
