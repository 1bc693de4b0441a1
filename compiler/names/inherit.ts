/**
 * Objects that extend others: `machine mine extends dgx_v100 { cores = 64 }`. An extending declaration becomes one with the base's
 * parameters and entries and its own; what the base wrote keeps the scope of the base.
 */
import type { Entry, FieldEntry, ObjectDecl, Parameter } from '../../grammar/ast.ts'
import { brokenDeclaration } from '../../grammar/broken-declaration.ts'
import type { Definition, Module } from './program.ts'

/** Where an entry or a parameter is written. */
export interface Home {
  readonly decl: ObjectDecl
  readonly module: Module
  /** The parameters that it sees: those of its declaration and of what that extends. */
  readonly visible: ReadonlySet<string>
}

const homes = new WeakMap<Entry | Parameter, Home>()
const bound = new WeakMap<ObjectDecl, readonly Parameter[]>()

/** The home of what is written in a declaration that extends another one, or is extended; otherwise `undefined`. */
export function homeOf(node: Entry | Parameter): Home | undefined {
  return homes.get(node)
}

/** The parameters in the order in which they get values, including those that an extending declaration has fixed. */
export function boundParameters(decl: ObjectDecl): readonly Parameter[] {
  return bound.get(decl) ?? decl.parameters
}

/** The parameter of a base that an entry fixes: `nodes = 4` where the base has a parameter `nodes`. */
export function fixedBy(entry: Entry, base: Pick<ObjectDecl, 'parameters'>): Parameter | undefined {
  const [name, second] = entry.kind === 'Field' ? entry.path : []
  return second === undefined ? base.parameters.find((parameter) => parameter.name.text === name?.text) : undefined
}

/** Replaces the module's own objects that extend others by what they are with their bases. */
export function joinBases(module: Module, own: Map<string, Definition>, scope: Map<string, Definition>): void {
  const open = new Set<string>()
  const join = (definition: Definition): Definition => {
    const { decl, name } = definition
    if (decl.kind !== 'Object' || decl.keyword === 'experiment' || decl.extends === undefined) return definition
    // The checker reports what is wrong with the base.
    const broken = { ...definition, decl: brokenDeclaration(decl.name, decl.span) }
    if (open.has(name)) return broken
    open.add(name)
    const found = scope.get(decl.extends.text)
    const base = found !== undefined && own.get(found.name) === found ? join(found) : found
    open.delete(name)
    const parent = base?.decl
    const isBase = parent?.kind === 'Object' && parent.keyword === decl.keyword
    const joined = isBase ? { ...definition, decl: withBase(decl, parent, module, base?.module ?? module) } : broken
    own.set(name, joined)
    if (scope.get(name) === definition) scope.set(name, joined)
    return joined
  }
  for (const definition of [...own.values()]) if (own.get(definition.name) === definition) join(definition)
}

function settle(decl: ObjectDecl, module: Module, inherited: readonly Parameter[]): void {
  const visible = new Set([...inherited, ...decl.parameters].map((parameter) => parameter.name.text))
  const home: Home = { decl, module, visible }
  const place = (node: Entry | Parameter): void => {
    if (!homes.has(node)) homes.set(node, home)
    if (node.kind === 'Section') for (const inner of node.entries) place(inner)
  }
  for (const node of [...decl.parameters, ...decl.entries]) place(node)
}

function withBase(decl: ObjectDecl, base: ObjectDecl, module: Module, baseModule: Module): ObjectDecl {
  settle(base, baseModule, [])
  settle(decl, module, base.parameters)
  const named = new Map(decl.parameters.map((parameter) => [parameter.name.text, parameter]))
  const isFixing = (entry: Entry): entry is FieldEntry => entry.kind === 'Field' && fixedBy(entry, base) !== undefined
  const fixed = new Map(decl.entries.filter(isFixing).map((entry) => [fixedBy(entry, base), entry]))
  const settled = (parameter: Parameter): Parameter => {
    const entry = fixed.get(parameter)
    if (entry === undefined) return named.get(parameter.name.text) ?? parameter
    const own = { ...parameter, default: entry.value, span: entry.span }
    const home = homes.get(entry)
    if (home !== undefined) homes.set(own, home)
    return own
  }
  const inherited = new Set(base.parameters.map((parameter) => parameter.name.text))
  const added = decl.parameters.filter((parameter) => !inherited.has(parameter.name.text))
  const entries = decl.entries.filter((entry) => !isFixing(entry))
  const joined: ObjectDecl = {
    ...decl,
    extends: undefined,
    parameters: [...base.parameters.filter((parameter) => !fixed.has(parameter)).map(settled), ...added],
    entries: [...base.entries.filter((entry) => !replaces(entry, entries, added)), ...entries],
  }
  bound.set(joined, [...added, ...boundParameters(base).map(settled)])
  return joined
}

/** Whether an entry of the base gives way: to a method or state of the same name, or to a parameter for the field. */
function replaces(entry: Entry, own: readonly Entry[], added: readonly Parameter[]): boolean {
  if (entry.kind === 'Method' || entry.kind === 'State')
    return own.some((other) => other.kind === entry.kind && other.name.text === entry.name.text)
  const [name, second] = entry.kind === 'Field' ? entry.path : []
  return second === undefined && added.some((parameter) => parameter.name.text === name?.text)
}
