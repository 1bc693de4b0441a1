/** Margins, optimizers, schedules, devices, machines, data sets and experiments. */
import type { Entry, LetDecl, ObjectDecl } from '../../grammar/ast.ts'
import { fixedBy } from '../names/inherit.ts'
import type { Declared, Module } from '../names/program.ts'
import { objectSpecs } from '../schema/objects.ts'
import { own } from '../types/own.ts'
import { type Type, unknown } from '../types/type.ts'
import { bind, type Checker, innerScope, moduleScope, report, type Scope } from './checker.ts'
import { bindLets, checkCondition, noteUnused, noteUnusedParameters } from './control.ts'
import { baseChain } from './extends.ts'
import type { SetFields } from './field-work.ts'
import { checkFields, requiredFields } from './fields.ts'
import { fits } from './fit.ts'
import { checkParameters } from './functions.ts'
import { checkDiagnostic } from './messages.ts'
import { checkMethods } from './methods.ts'
import { baseField, fieldScope } from './readable.ts'
import { checkPlanRequirement } from './requirements.ts'
import { showType } from './show-type.ts'
import { callParameters, parameterType } from './signatures.ts'
import { stateDiagnostic } from './states.ts'
import { setPaths } from './unknown-fields.ts'

export function checkObject(checker: Checker, decl: ObjectDecl, module: Module): void {
  const isExperiment = decl.keyword === 'experiment'
  const bases = baseChain(checker, decl, module)
  const parent = isExperiment ? undefined : parentOf(decl, module, bases)
  const base = isExperiment
    ? fieldScope(checker, module, decl.name.span, [{ decl, module }, ...(bases ?? [])])
    : inheritedScope(checker, parent, moduleScope(module, module.own.get(decl.name.text)?.decl ?? decl))
  const outer = checkParameters(checker, decl, base)
  const scope = innerScope(outer)
  bindLets(
    checker,
    decl.entries.filter((entry): entry is LetDecl => entry.kind === 'Let'),
    scope,
  )
  const set: SetFields = new Map()
  const meant = new Set<string>()
  const work = { checker, keyword: decl.keyword, given: setPaths(decl), scope, set, meant }
  const entries = decl.entries.filter((entry) => !checkFixed(checker, entry, parent, scope))
  checkFields(
    { ...work, inherited: (path) => (isExperiment ? inheritedType(checker, decl, bases, path) : undefined) },
    entries,
  )
  if (isExperiment) checkExperimentHead(checker, decl)
  else {
    checkFieldParameters(checker, decl, scope)
    checkRedeclared(checker, decl, parent, scope)
    checkMethods(checker, { ...decl, entries }, scope, meant, parent?.entries)
  }
  for (const entry of decl.entries) {
    if (entry.kind !== 'Require') continue
    if (objectSpecs[decl.keyword].requires === 'plan') checkPlanRequirement(checker, entry, scope, decl.entries)
    else checkCondition(checker, entry.condition, scope, '`require`')
  }
  noteUnused(checker, scope)
  const { fields } = objectSpecs[decl.keyword].body
  if (decl.keyword !== 'experiment')
    noteUnusedParameters(
      checker,
      decl.parameters.map((given) => given.name),
      (name) => own(fields, name) !== undefined || parent?.parameters.some((p) => p.name.text === name) === true,
    )
  if (decl.extends === undefined) reportMissing(checker, decl, new Set([...meant, ...set.keys()]))
}

/** The type of a field that an experiment inherits; unknown if the base lacks it although it is required, which is reported there. */
function inheritedType(
  checker: Checker,
  decl: ObjectDecl,
  bases: readonly Declared[] | undefined,
  path: string,
): Type | undefined {
  const isRequired = () => requiredFields(objectSpecs.experiment.body).some((field) => field.path === path)
  return baseField(checker, bases, path) ?? (decl.extends !== undefined && isRequired() ? unknown : undefined)
}

/** What an object extends, joined with what that extends; `undefined` after mistakes. */
function parentOf(decl: ObjectDecl, module: Module, bases: readonly Declared[] | undefined): ObjectDecl | undefined {
  const found =
    decl.extends === undefined || bases === undefined ? undefined : module.scope.get(decl.extends.text)?.decl
  return found?.kind === 'Object' ? found : undefined
}

/** The parameters of what an object extends are in its scope. */
function inheritedScope(checker: Checker, parent: ObjectDecl | undefined, outer: Scope): Scope {
  if (parent === undefined) return outer
  const scope = innerScope(outer)
  for (const { parameter, type } of callParameters(checker, parent))
    bind(scope, parameter.name.text, type, parameter.name.span, 'parameter')
  return scope
}

/** `nodes = 4` where the base has a parameter `nodes`: gives it its value. */
function checkFixed(checker: Checker, entry: Entry, parent: ObjectDecl | undefined, scope: Scope): boolean {
  const parameter = parent && fixedBy(entry, parent)
  if (parent === undefined || parameter === undefined || entry.kind !== 'Field') return false
  const type = callParameters(checker, parent).find((known) => known.parameter === parameter)?.type ?? unknown
  const origin = { span: parameter.span, message: 'the parameter is declared here' }
  const what = `\`${parameter.name.text}\` of \`${parent.name.text}\``
  checker.check(entry.value, scope, { type, what, origin })
  return true
}

/** A parameter that the base has too keeps its type. */
function checkRedeclared(checker: Checker, decl: ObjectDecl, parent: ObjectDecl | undefined, scope: Scope): void {
  if (parent === undefined) return
  for (const known of callParameters(checker, parent)) {
    const { text: name, span } = known.parameter.name
    const again = decl.parameters.find((parameter) => parameter.name.text === name)
    const type = again && parameterType(checker, again, scope)
    if (again === undefined || type === undefined || fits(type, known.type)) continue
    const place = `\`${name}\` of \`${parent.name.text}\` takes`
    const related = [{ span, message: 'the parameter is declared here' }]
    const params = { place, expected: showType(known.type), found: showType(type) }
    report(checker, checkDiagnostic('ARC3001', params, again.type?.span ?? again.span, { related }))
  }
}

function checkExperimentHead(checker: Checker, decl: ObjectDecl): void {
  const [first] = decl.parameters
  if (first !== undefined) {
    const notes = ['to vary an experiment, declare another one that `extends` it']
    report(checker, checkDiagnostic('ARC3214', { name: decl.name.text }, first.span, { notes }))
  }
  for (const entry of decl.entries)
    if (entry.kind === 'Method') {
      const notes = ['declare a separate function with `fn`']
      report(
        checker,
        checkDiagnostic('ARC3208', { owner: 'an experiment', name: entry.name.text }, entry.name.span, { notes }),
      )
    } else if (entry.kind === 'State') report(checker, stateDiagnostic(entry, 'experiment'))
}

/** A parameter with the name of a field is its value: `margin arcface(scale: float = 64)`. */
function checkFieldParameters(checker: Checker, decl: ObjectDecl, scope: Scope): void {
  const { fields } = objectSpecs[decl.keyword].body
  for (const parameter of decl.parameters) {
    const spec = own(fields, parameter.name.text)
    const isSet = decl.entries.some((entry) => entry.kind === 'Field' && entry.path[0]?.text === parameter.name.text)
    if (spec === undefined || isSet) continue
    const type = parameterType(checker, parameter, scope)
    if (fits(type, spec.type)) continue
    const params = {
      place: `the field \`${parameter.name.text}\` takes`,
      expected: showType(spec.type),
      found: showType(type),
    }
    const notes = [`a parameter with the name of a field sets that field`, spec.doc]
    report(checker, checkDiagnostic('ARC3001', params, parameter.type?.span ?? parameter.span, { notes }))
  }
}

/** One report for everything missing; `meant` is set but misspelled. An experiment that others extend must be complete itself. */
function reportMissing(checker: Checker, decl: ObjectDecl, meant: ReadonlySet<string>): void {
  const given = new Set([...meant, ...setPaths(decl)])
  const isGiven = (path: string) => given.has(path) || meant.has(path.slice(0, Math.max(0, path.lastIndexOf('.'))))
  const missing = requiredFields(objectSpecs[decl.keyword].body).filter(({ path }) => !isGiven(path))
  const names = missing.map(({ path }) => path)
  if (names.length === 0) return
  const owner = `the ${decl.keyword} \`${decl.name.text}\``
  const notes = missing.map(({ path, doc }) => `\`${path}\`: ${doc}`)
  report(checker, checkDiagnostic('ARC3204', { owner, names }, decl.name.span, { notes }))
}
