/** Shared sections: `let recipe = train { … }`. */
import type { Entry, SectionExpr } from '../../grammar/ast.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { experimentBody } from '../schema/experiment.ts'
import { own } from '../types/own.ts'
import { type Type, unknown } from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import type { SetFields } from './field-work.ts'
import { checkEntries, checkFields } from './fields.ts'
import { checkDiagnostic } from './messages.ts'
import { fieldScope } from './readable.ts'
import { quoteList } from './show-type.ts'
import { setPaths } from './unknown-fields.ts'

/** The entries of a shared section are those of the section in an experiment, whose fields they may read. */
export function typeOfSection(checker: Checker, expr: SectionExpr, outer: Scope): Type {
  const { text: name, span } = expr.name
  const spec = own<(typeof experimentBody.sections)[keyof typeof experimentBody.sections]>(
    experimentBody.sections,
    name,
  )
  if (spec === undefined) {
    const known = Object.keys(experimentBody.sections)
    const meant = nearest(name, known)
    const fix = didYouMean(meant, span)
    const notes = [`sections of an experiment are ${quoteList(known)}`]
    report(checker, checkDiagnostic('ARC3277', { name }, span, { notes, ...fix }))
    return unknown
  }
  const set: SetFields = new Map()
  const scope = { ...fieldScope(checker, outer.module, span, undefined), owner: outer.owner }
  const entries: readonly Entry[] = [{ kind: 'Section', name: expr.name, entries: expr.entries, span: expr.span }]
  const work = {
    checker,
    keyword: 'experiment',
    given: setPaths({ parameters: [], entries }),
    scope,
    set,
    meant: new Set<string>(),
    inherited: () => unknown,
  } as const
  if (expr.entries.length === 0) report(checker, checkDiagnostic('ARC3287', { section: name }, span))
  if (name === 'sweep') checkFields(work, entries)
  else checkEntries(work, expr.entries, { spec, path: [name] })
  return { kind: 'section', name, fields: new Map([...set].map(([path, { type }]) => [path, type])) }
}
