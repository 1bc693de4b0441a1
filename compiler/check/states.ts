/** States and learned numbers of margins and optimizers: their first values, names and uses. */
import type { Entry, ObjectDecl, ObjectKeyword, StateEntry } from '../../grammar/ast.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { objectSpecs } from '../schema/objects.ts'
import { own } from '../types/own.ts'
import { float, int } from '../types/type.ts'
import { type Binding, bind, type Checker, findLocal, innerScope, report, type Scope } from './checker.ts'
import { fits } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { showKeyword } from './show-type.ts'

/** The entries `state` and `learn` of an object. */
export const states = ({ entries }: Pick<ObjectDecl, 'entries'>): readonly StateEntry[] =>
  entries.filter((entry) => entry.kind === 'State')

/** The object with the states of what it extends, except those that it declares again. */
export function withStates(decl: ObjectDecl, inherited: readonly Entry[]): ObjectDecl {
  const own = new Set(states(decl).map((state) => state.name.text))
  const others = states({ entries: inherited }).filter((state) => !own.has(state.name.text))
  return { ...decl, entries: [...others, ...decl.entries] }
}

/** States and learned numbers that no method reads; `bound` are their bindings in each method. */
export function noteUnusedStates(checker: Checker, decl: ObjectDecl, bound: readonly Binding[]): void {
  for (const { keyword, name } of states(decl)) {
    const own = bound.filter((binding) => binding.span === name.span)
    if (own.length === 0 || own.some((binding) => checker.used.has(binding))) continue
    const label = keyword === 'learn' ? 'no method reads this number' : 'no method reads this state'
    report(checker, nameDiagnostic('ARC2007', { name: name.text }, name.span, { label }))
  }
}

/** A state that the inherited update does not know needs an update of its own. */
export function checkNewStates(checker: Checker, decl: ObjectDecl, inherited: readonly Entry[]): void {
  if (decl.extends === undefined) return
  const known = new Set(states({ entries: inherited }).map((state) => state.name.text))
  const added = states(decl).filter((state) => state.keyword === 'state' && !known.has(state.name.text))
  const update = decl.entries.some((entry) => entry.kind === 'Method' && entry.name.text === 'update')
  const [first] = added
  if (first === undefined || update) return
  report(checker, checkDiagnostic('ARC3209', { names: added.map((state) => state.name.text) }, first.name.span))
}

/** A margin's states change in its `update`, and an `update` changes states. */
export function checkMarginStates(checker: Checker, decl: ObjectDecl, inherited: readonly Entry[]): void {
  if (decl.keyword !== 'margin') return
  const [first] = states(decl).filter(({ keyword }) => keyword === 'state')
  const update = [...decl.entries, ...inherited].find(
    (entry) => entry.kind === 'Method' && entry.name.text === 'update',
  )
  const isUnknown = (entry: Entry) =>
    entry.kind === 'Method' && own(objectSpecs.margin.methods, entry.name.text) === undefined
  if (first !== undefined && update === undefined && !decl.entries.some(isUnknown))
    report(checker, checkDiagnostic('ARC3252', { name: first.name.text }, first.name.span))
  if (first === undefined && update?.kind === 'Method')
    report(
      checker,
      checkDiagnostic('ARC3253', { margin: decl.name.text }, update.name.span, {
        notes: ['`state mean = 0` declares one; the states of a margin inside update themselves'],
      }),
    )
}

/** Checks the first values; the result is the names of those that are refused, whose uses are not reported too. */
export function checkStates(checker: Checker, decl: ObjectDecl, scope: Scope): ReadonlySet<string> {
  const all = states(decl)
  const seen = new Map<string, StateEntry>()
  const refused = new Set<string>()
  for (const state of all) {
    const { text: name, span } = state.name
    if (!objectSpecs[decl.keyword].states.includes(state.keyword)) {
      report(checker, stateDiagnostic(state, decl.keyword))
      return refused
    }
    const first = seen.get(name)
    const parameter = decl.parameters.find((p) => p.name.text === name)
    const read = Object.entries(objectSpecs[decl.keyword].methods).find(
      ([, spec]) => own(spec.reads, name) !== undefined,
    )
    if (first !== undefined) {
      const related = [{ span: first.name.span, message: 'first declared here' }]
      report(checker, nameDiagnostic('ARC2003', { name }, span, { label: 'declared again', related }))
    } else if (read !== undefined) report(checker, checkDiagnostic('ARC3251', { name, method: read[0] }, span))
    else if (parameter !== undefined) {
      const related = [{ span: parameter.name.span, message: 'a parameter has this name' }]
      report(checker, nameDiagnostic('ARC2003', { name }, span, { label: 'declared again', related }))
    }
    seen.set(name, state)
    const from = withClasses(decl, scope)
    checker.check(state.value, from, { type: float, what: `the first value of \`${name}\``, verb: 'must be' })
    if (!fits(checker.silent().infer(state.value, from), float)) refused.add(name)
  }
  return refused
}

/** The first values of a margin may depend on the number of classes, unless the margin has another meaning for the name. */
function withClasses(decl: ObjectDecl, outer: Scope): Scope {
  if (decl.keyword !== 'margin' || findLocal(outer, 'classes', () => true) !== undefined) return outer
  const scope = innerScope(outer)
  bind(scope, 'classes', int, decl.name.span, 'field')
  return scope
}

/** An entry `state` or `learn` in an object that has none. */
export function stateDiagnostic({ keyword, span }: StateEntry, owner: ObjectKeyword): Diagnostic {
  const owners = keyword === 'state' ? 'a margin or an optimizer can have states' : 'a margin can learn numbers'
  const word = { ...span, end: span.start + keyword.length }
  const hasStates = objectSpecs[owner].states.includes('state')
  const fix = { message: 'a `state` is kept and updated', span: word, replacement: 'state' }
  return checkDiagnostic('ARC3211', { owners, keyword: showKeyword(owner) }, span, hasStates ? { fix } : {})
}
