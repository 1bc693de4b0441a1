/** Methods: the scalar code of margins, optimizers and schedules. */
import type { Entry, Expr, MethodEntry, ObjectDecl } from '../../grammar/ast.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { walk } from '../../grammar/visit.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { meantName } from '../names/other-words.ts'
import type { MethodSpec } from '../schema/methods.ts'
import { objectSpecs } from '../schema/objects.ts'
import { own } from '../types/own.ts'
import { scalar, unknown } from '../types/type.ts'
import { type Binding, bind, type Checker, innerScope, report, type Scope } from './checker.ts'
import { noteUnusedParameters } from './control.ts'
import { checkDiagnostic } from './messages.ts'
import { bindReads } from './method-reads.ts'
import { quoteList, showKeyword, showType } from './show-type.ts'
import { checkMarginStates, checkNewStates, checkStates, noteUnusedStates, states, withStates } from './states.ts'

/** All methods and states of an object; `scope` holds its parameters and `let`s, `meant` the misspelled ones. */
export function checkMethods(
  checker: Checker,
  written: ObjectDecl,
  scope: Scope,
  meant: ReadonlySet<string>,
  inherited: readonly Entry[] = [],
): void {
  const spec = objectSpecs[written.keyword]
  const refused = checkStates(checker, written, scope)
  checkNewStates(checker, written, inherited)
  const decl = withStates(written, inherited)
  checkMarginStates(checker, decl, inherited)
  // A method can call the others, inherited ones too.
  const whole = { ...decl, entries: [...decl.entries, ...inherited] }
  const seen = new Map<string, MethodEntry>()
  const bound: Binding[] = []
  for (const entry of decl.entries) {
    if (entry.kind !== 'Method') continue
    const { text: name } = entry.name
    const first = seen.get(name)
    if (first !== undefined) {
      const related = [{ span: first.name.span, message: 'first declared here' }]
      report(checker, nameDiagnostic('ARC2003', { name }, entry.name.span, { label: 'declared again', related }))
    }
    seen.set(name, entry)
    const method = own(spec.methods, name)
    if (method === undefined) reportUnknownMethod(checker, decl, entry)
    else
      checkMethod(
        checker,
        decl,
        entry,
        method,
        { refused, bound },
        { ...scope, method: { decl: whole, entry, reads: method.reads } },
      )
  }
  if (written.extends === undefined) noteUnusedStates(checker, written, bound)
  const missing = Object.entries(spec.methods).filter(
    ([name, method]) => method.required && !seen.has(name) && !meant.has(name) && decl.extends === undefined,
  )
  if (
    missing.length === 0 ||
    decl.entries.some((entry) => entry.kind === 'Method' && own(spec.methods, entry.name.text) === undefined)
  )
    return
  const owner = `the ${decl.keyword} \`${decl.name.text}\``
  const notes = missing.map(([name, method]) => `\`${name}(${method.usual}) = …\`: ${method.doc}`)
  report(
    checker,
    checkDiagnostic('ARC3204', { owner, names: missing.map(([name]) => name) }, decl.name.span, { notes }),
  )
}

function reportUnknownMethod(checker: Checker, decl: ObjectDecl, entry: MethodEntry): void {
  const known = Object.keys(objectSpecs[decl.keyword].methods)
  const owner = showKeyword(decl.keyword)
  const { text: name, span } = entry.name
  // Only an update has a record as its value.
  const isUpdate = known.includes('update') && tail(entry.body).kind === 'Record'
  const meant = meantName(name, known) ?? (isUpdate ? 'update' : undefined)
  const fix = didYouMean(meant, span)
  const notes = known.length === 0 ? [] : [`its methods are ${quoteList(known)}`]
  const extras = known.length === 0 ? { notes: ['declare a separate function with `fn`'] } : { notes, ...fix }
  report(checker, checkDiagnostic('ARC3208', { owner, name }, span, extras))
}

function checkMethod(
  checker: Checker,
  decl: ObjectDecl,
  entry: MethodEntry,
  spec: MethodSpec,
  { refused, bound }: { readonly refused: ReadonlySet<string>; readonly bound: Binding[] },
  outer: Scope,
): void {
  const { text: name } = entry.name
  const scope = innerScope(outer)
  for (const state of states(decl))
    bound.push(bind(scope, state.name.text, refused.has(state.name.text) ? unknown : scalar, state.name.span, 'state'))
  bindReads(checker, decl, entry, spec, scope)
  if (spec.result === 'scalar')
    checker.check(entry.body, scope, {
      type: scalar,
      what: `the result of \`${name}\``,
      verb: 'must be',
      note: spec.doc,
    })
  else checkUpdate(checker, decl, entry, spec.result, scope)
  noteUnusedParameters(
    checker,
    entry.parameters.map((parameter) => parameter.name),
  )
  if (decl.keyword === 'schedule') noteConstant(checker, decl, entry)
  const hasRate = decl.keyword === 'optimizer' && own(spec.reads, 'rate') !== undefined
  if (hasRate && !entry.parameters.some((parameter) => parameter.name.text === 'rate')) {
    const notes = ['`rate` is `lr` with the factor of the schedule']
    report(checker, checkDiagnostic('ARC3285', { optimizer: decl.name.text }, entry.name.span, { notes }))
  }
}

/** A factor that reads something else than the step is the same in every step. */
function noteConstant(checker: Checker, decl: ObjectDecl, { parameters, body }: MethodEntry): void {
  const read = parameters.map(({ name }) => name.text)
  const [first] = read
  if (first === undefined || read.includes('step')) return
  let place = body.span
  walk(body, (node) => {
    if (place === body.span && node.kind === 'Name' && read.includes(node.name)) place = node.span
    return true
  })
  const notes = [
    `write \`factor(step, ${read.join(', ')})\``,
    ...(read.includes('epoch') ? ['`epoch` is the number of steps in an epoch: `step / epoch` counts epochs'] : []),
  ]
  report(checker, checkDiagnostic('ARC3290', { schedule: decl.name.text }, place, { notes }))
}

/** The record at the end of an expression, to locate it. */
function tail(expr: Expr): Expr {
  return expr.kind === 'Block' ? tail(expr.value) : expr
}

/** The update returns every state, and for an optimizer the weight, and nothing else; each is a plain number. */
function checkUpdate(
  checker: Checker,
  decl: ObjectDecl,
  entry: MethodEntry,
  result: 'update' | 'states',
  scope: Scope,
): void {
  const kept = states(decl).filter(({ keyword }) => keyword === 'state')
  // A learned number where there are none is refused where it is declared.
  const refused = states(decl).filter(({ keyword }) => !objectSpecs[decl.keyword].states.includes(keyword))
  const wanted = [...(result === 'update' ? ['weight'] : []), ...kept.map((state) => state.name.text)]
  const type = checker.infer(entry.body, scope)
  const end = tail(entry.body)
  // A margin without states is reported at its `update`.
  if (type.kind === 'unknown' || wanted.length === 0) return
  if (type.kind !== 'record') {
    const params = {
      place: 'the result of `update` must be',
      expected: `a record of ${quoteList(wanted)}`,
      found: showType(type),
    }
    report(
      checker,
      checkDiagnostic('ARC3001', params, end.span, {
        notes: [`write \`{ ${wanted.map((n) => `${n} = …`).join(', ')} }\``],
      }),
    )
    return
  }
  const fields = end.kind === 'Record' ? end.fields : []
  const known = [...wanted, ...refused.map((state) => state.name.text)]
  const unknownNames = [...type.fields.keys()].filter((name) => !known.includes(name))
  for (const name of unknownNames) {
    const span = fields.find((field) => field.name.text === name)?.name.span ?? end.span
    const missing = wanted.filter((other) => !type.fields.has(other))
    const only = missing.length === 1 && unknownNames.length === 1 ? missing[0] : undefined
    const meant = meantName(name, wanted) ?? only
    const fix = didYouMean(meant, span)
    report(
      checker,
      checkDiagnostic('ARC3210', { name, kept: result === 'update' ? 'neither the weight nor' : 'not' }, span, {
        notes: [`it must return ${quoteList(wanted)}`],
        ...fix,
      }),
    )
  }
  const missing = wanted.filter((name) => !type.fields.has(name))
  if (missing.length > 0 && unknownNames.length === 0) {
    const related = kept
      .filter((state) => missing.includes(state.name.text))
      .map((state) => ({ span: state.name.span, message: 'the state is declared here' }))
    report(checker, checkDiagnostic('ARC3209', { names: missing }, end.span, { related }))
  }
  for (const field of fields) {
    const given = type.fields.get(field.name.text)
    if (given === undefined || !wanted.includes(field.name.text)) continue
    checkPlain(checker, field.value, given, field.name.text)
  }
}

function checkPlain(checker: Checker, expr: Expr, type: ReturnType<Checker['infer']>, name: string): void {
  if (
    type.kind === 'unknown' ||
    (type.kind === 'number' && Object.values(type.dimension).every((power) => power === 0))
  )
    return
  const params = { place: `the new \`${name}\` must be`, expected: 'a plain number', found: showType(type) }
  report(checker, checkDiagnostic('ARC3001', params, expr.span))
}
