/**
 * Phase "check" of a file with faults of syntax or imports: what it finds elsewhere in the file, so that one such fault does not hide
 * the others. What could follow from a fault is left out: it would not be there once the fault is mended.
 */
import type { FieldEntry, Node } from '../../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { lineText, positionAt, type SourceFile, type Span } from '../../grammar/source.ts'
import { childrenOf } from '../../grammar/visit.ts'
import type { Program } from '../names/program.ts'
import { checkProgram } from './check.ts'

/** Nodes that are read on their own: a fault in one leaves its neighbors as they are. */
const parts: ReadonlySet<Node['kind']> = new Set<Node['kind']>([
  'Use',
  'Let',
  'Function',
  'Object',
  'Test',
  'Field',
  'Section',
  'Method',
  'State',
  'Require',
  'Assert',
  'Expect',
])

/**
 * Braces decide what contains what, so after a fault of them nothing is certain; nor after other brackets that are closed on a later
 * line.
 */
function isBracketFault({ code, params, span, fix }: Diagnostic): boolean {
  if (!code.startsWith('ARC11')) return false
  const isBrace = [params.open, params.close].some((text) => text === '{' || text === '}') || params.what !== undefined
  return isBrace || fix === undefined || linesOf(fix.span).last > linesOf(span).last
}
/** Names that are not found may be declared where a fault is, or imported by a `use` that has one. */
const isNameFault = ({ code }: Diagnostic) => code.startsWith('ARC20')

/** Whether a fault may have cost the file a declaration or imported names: it is in a `use`, or between declarations. */
function mayHideNames({ span }: Diagnostic, program: Program): boolean {
  const tree = program.modules.find(({ source }) => source === span.source)?.tree
  const part = tree === undefined ? undefined : innermost(tree.declarations, span)
  return part === undefined || part.kind === 'Use' || positionAt(span.source, span.start).column === 1
}

/** `bag` contains the faults; adds the mistakes that are independent of them. */
export function checkBesideFaults(program: Program, bag: DiagnosticBag, settings: readonly FieldEntry[]): void {
  const faults = bag.sorted().filter(({ severity }) => severity === 'error')
  if (faults.some((fault) => isBracketFault(fault) || isNameFault(fault))) return
  const found = new DiagnosticBag()
  checkProgram(program, found, settings)
  const namesAreKnown = !faults.some((fault) => mayHideNames(fault, program))
  for (const diagnostic of found.sorted()) {
    if (diagnostic.severity !== 'error' || (isNameFault(diagnostic) && !namesAreKnown)) continue
    if (isIndependent(diagnostic, faults, program)) bag.add(diagnostic)
  }
}

function isIndependent(diagnostic: Diagnostic, faults: readonly Diagnostic[], program: Program): boolean {
  const { span } = diagnostic
  const tree = program.modules.find(({ source }) => source === span.source)?.tree
  if (tree === undefined) return false
  const part = innermost(tree.declarations, span)
  return faults.every((fault) => {
    const lines = linesOf(fault.span)
    if (fault.span.source === span.source && (touches(part?.span ?? span, fault.span) || overlap(linesOf(span), lines)))
      return false
    return !isNameFault(diagnostic) || !mentions(fault.span.source, lines, diagnostic.params.name)
  })
}

/** The smallest part that contains a place. */
function innermost(nodes: readonly Node[], place: Span): Node | undefined {
  const around = nodes.find(({ span }) => touches(span, place))
  if (around === undefined) return undefined
  const inside = innermost(childrenOf(around), place)
  return inside ?? (parts.has(around.kind) ? around : undefined)
}

const touches = (a: Span, b: Span) => a.source === b.source && a.start <= b.end && b.start <= a.end

interface Lines {
  readonly first: number
  readonly last: number
}

const overlap = (a: Lines, b: Lines) => a.first <= b.last && b.first <= a.last

function linesOf({ source, start, end }: Span): Lines {
  return { first: positionAt(source, start).line, last: positionAt(source, Math.max(start, end - 1)).line }
}

function mentions(source: SourceFile, { first, last }: Lines, name: unknown): boolean {
  const lines = Array.from({ length: last - first + 1 }, (_, i) => lineText(source, first + i))
  return typeof name === 'string' && lines.join(' ').split(/\W+/).includes(name)
}
