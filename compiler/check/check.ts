/**
 * Phase "check": types, units, arguments and fields. Afterwards every expression of the entry and of the modules next to it has a
 * type that fits its place; checks that need values (shapes, ranges, plan figures) are left to later phases.
 */
import type { Declaration, FieldEntry, ObjectDecl, UseDecl, UsedName } from '../../grammar/ast.ts'
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import { walk } from '../../grammar/visit.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { localName, moduleText, prefixed, qualifiedName } from '../names/module-reference.ts'
import type { Module, Program } from '../names/program.ts'
import { experimentOf } from '../names/variant-name.ts'
import { objectSpecs } from '../schema/objects.ts'
import { type Checker, isStdlib, report } from './checker.ts'
import { checkCycles } from './cycles.ts'
import { createChecker } from './expressions.ts'
import { baseChain } from './extends.ts'
import { checkField } from './fields.ts'
import { checkFunction, checkTest } from './functions.ts'
import { typeOfDefinition } from './names.ts'
import { checkObject } from './objects.ts'
import { baseField, fieldScope } from './readable.ts'
import { setPaths } from './unknown-fields.ts'

/**
 * Checks the entry and every module outside the standard library, which is checked when it is the entry. `settings` are the fields
 * that `--set` changes: what they name is used.
 */
export function checkProgram(program: Program, bag: DiagnosticBag, settings: readonly FieldEntry[] = []): void {
  const checker = createChecker(program, bag)
  const modules = program.modules.filter((module) => module === program.entry || !isStdlib(module))
  for (const module of modules)
    for (const declaration of module.tree.declarations) checkDeclaration(checker, declaration, module)
  checkCycles(checker)
  noteNamesOf(checker, settings)
  for (const module of modules) noteUnusedImports(checker, module)
  if (!bag.hasErrors) for (const warning of checker.warnings) bag.add(warning)
}

function checkDeclaration(checker: Checker, declaration: Declaration, module: Module): void {
  switch (declaration.kind) {
    case 'Use':
      return
    case 'Let':
      typeOfDefinition(checker, { name: declaration.name.text, decl: declaration, module })
      return
    case 'Function':
      checkFunction(checker, declaration, module)
      return
    case 'Object':
      checkObject(checker, declaration, module)
      return
    case 'Test':
      checkTest(checker, declaration, module)
      return
  }
}

function noteNamesOf(checker: Checker, settings: readonly FieldEntry[]): void {
  for (const setting of settings)
    walk(setting.value, (node) => {
      const { settings: module } = checker.program
      const name = node.kind === 'Member' ? qualifiedName(node, module) : node
      const definition = name?.kind === 'Name' ? module.scope.get(name.name) : undefined
      if (definition !== undefined) checker.used.add(definition)
      return true
    })
}

/** An imported name with its comma; the whole line if it is the only one. */
function spanOfName({ names = [], span }: UseDecl, index: number): Span {
  const [before, written, after] = [names[index - 1], names[index], names[index + 1]]
  const endOf = ({ name, alias }: UsedName) => (alias ?? name).span.end
  if (written !== undefined && before !== undefined) return { ...span, start: endOf(before), end: endOf(written) }
  if (written !== undefined && after !== undefined)
    return { ...span, start: written.name.span.start, end: after.name.span.start }
  return { ...span, end: span.end + (/^[ \t\r]*\n?/.exec(span.source.text.slice(span.end))?.[0].length ?? 0) }
}

function noteUnusedImports(checker: Checker, module: Module): void {
  for (const declaration of module.tree.declarations) {
    if (declaration.kind !== 'Use') continue
    const label = `imported from \`${moduleText(declaration)}\``
    for (const [index, used] of (declaration.names ?? []).entries()) {
      const name = localName(used)
      const definition = module.scope.get(name.text)
      if (definition === undefined || checker.used.has(definition)) continue
      const fix = { message: 'remove it', span: spanOfName(declaration, index), replacement: '' }
      report(checker, nameDiagnostic('ARC2007', { name: name.text }, name.span, { label, fix }))
    }
    const { prefix } = declaration
    if (prefix === undefined) continue
    const names = [...module.scope].filter(([name]) => name.startsWith(prefixed(prefix, '')))
    if (names.length === 0 || names.some(([, definition]) => checker.used.has(definition))) continue
    report(checker, nameDiagnostic('ARC2007', { name: prefix.text }, prefix.span, { label }))
  }
}

/**
 * Checks `--set path=value` entries as additional fields of an experiment, each of which may override a field. Without a name,
 * the file's only experiment is used; if there is none or more than one, nothing is checked, and the next phase reports it.
 */
export function checkOverrides(
  program: Program,
  name: string | undefined,
  entries: readonly FieldEntry[],
  bag: DiagnosticBag,
): void {
  if (entries.length === 0) return
  const experiments = [...program.entry.own.values()].map((definition) => definition.decl).filter(isExperiment)
  const chosen = name === undefined ? experiments : experiments.filter((decl) => decl.name.text === experimentOf(name))
  const [decl, second] = chosen
  if (decl === undefined || second !== undefined) return
  const checker = createChecker(program, bag)
  const bases = [{ decl, module: program.entry }, ...(baseChain(checker, decl, program.entry) ?? [])]
  const scope = fieldScope(checker, program.settings, decl.name.span, bases)
  for (const entry of entries) {
    const work = {
      checker,
      keyword: decl.keyword,
      given: setPaths(decl),
      scope,
      set: new Map(),
      meant: new Set<string>(),
      inherited: (path: string) => baseField(checker, bases, path),
    }
    checkField(work, entry, { spec: objectSpecs.experiment.body, path: [] })
  }
}

function isExperiment(decl: { readonly kind: string; readonly keyword?: string }): decl is ObjectDecl {
  return decl.kind === 'Object' && decl.keyword === 'experiment'
}
