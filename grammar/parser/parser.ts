/**
 * Text to syntax tree. Every mistake becomes a diagnostic and parsing continues with the next entry or declaration; no text makes
 * it throw. The parser is built on first use, once per process.
 */
import { EOF } from 'chevrotain'
import type { Declaration, Expr, FieldEntry, Node, SourceTree } from '../ast.ts'
import { balance } from '../brackets.ts'
import { brokenDeclaration } from '../broken-declaration.ts'
import type { DiagnosticBag } from '../diagnostic.ts'
import { readIndentation } from '../indentation.ts'
import { lex } from '../lexer.ts'
import { significantNewlines } from '../newlines.ts'
import type { SourceFile } from '../source.ts'
import * as T from '../tokens.ts'
import { childrenOf } from '../visit.ts'
import type { Input } from './base.ts'
import { DeclarationRules } from './declarations.ts'
import { nestedTooDeep } from './errors.ts'

/** The maximum number of nodes above a node. */
export const MAX_HEIGHT = 600

/** Exported for the test that lets chevrotain validate the grammar. */
export class ArcParser extends DeclarationRules {
  constructor(skipValidations = true) {
    super(skipValidations)
    this.performSelfAnalysis()
  }

  private readonly wholeExpression = this.RULE(
    'wholeExpression',
    (): Expr =>
      this.recovering(
        () => {
          const value = this.SUBRULE(this.expression)
          this.expectEnd()
          return value
        },
        (start) => this.errorFrom(start),
      ),
  )

  private readonly wholeSetting = this.RULE('wholeSetting', (): FieldEntry | undefined =>
    this.recovering<FieldEntry | undefined>(
      () => {
        const entry = this.SUBRULE(this.setting)
        this.expectEnd()
        return entry
      },
      () => undefined,
    ),
  )

  private expectEnd(): void {
    if (this.RECORDING_PHASE || this.at(EOF)) return
    if (this.at(T.Newline)) this.SKIP_TOKEN()
    this.reportUnseparated('the end')
  }

  parseDeclarations(input: Input): readonly Declaration[] {
    return this.with(input, () => this.declarations())
  }

  parseExpression(input: Input): Expr {
    return this.with(input, () => this.wholeExpression())
  }

  parseSetting(input: Input): FieldEntry | undefined {
    return this.with(input, () => this.wholeSetting())
  }
}

let cached: ArcParser | undefined

function parser(): ArcParser {
  cached ??= new ArcParser()
  return cached
}

function read(source: SourceFile, bag: DiagnosticBag): Input {
  const { tokens, docs } = lex(source, bag)
  const meant = readIndentation(source, tokens, bag)
  return { source, bag, docs, tokens: significantNewlines(balance(source, meant, bag)) }
}

/** Parses a file. */
export function parseSource(source: SourceFile, bag: DiagnosticBag): SourceTree {
  const declarations = parser()
    .parseDeclarations(read(source, bag))
    .map((declaration) => withoutDepths(declaration, bag))
  return { source, declarations }
}

/** Parses a single expression. Unreadable text becomes an `ErrorExpr`. */
export function parseExpression(source: SourceFile, bag: DiagnosticBag): Expr {
  const expr = parser().parseExpression(read(source, bag))
  return isTooHigh(expr, bag) ? { kind: 'Error', span: expr.span } : expr
}

/** Parses `path.to.field = value`, as it follows `--set`; `undefined` if not even the path can be read. */
export function parseSetting(source: SourceFile, bag: DiagnosticBag): FieldEntry | undefined {
  const entry = parser().parseSetting(read(source, bag))
  if (entry === undefined || !isTooHigh(entry, bag)) return entry
  return { ...entry, value: { kind: 'Error', span: entry.value.span } }
}

/** Replaces a declaration whose tree is so deep that recursive phases would overflow: long chains inside deep nesting. */
function withoutDepths(declaration: Declaration, bag: DiagnosticBag): Declaration {
  if (!isTooHigh(declaration, bag)) return declaration
  if (declaration.kind === 'Use' || declaration.kind === 'Test')
    return { ...declaration, ...NOTHING_LEFT[declaration.kind] }
  return brokenDeclaration(declaration.name, declaration.span)
}

const NOTHING_LEFT = { Use: {}, Test: { lets: [], asserts: [], expectations: [] } } as const

function isTooHigh(root: Node, bag: DiagnosticBag): boolean {
  const deep = nodeBelow(root, MAX_HEIGHT)
  if (deep === undefined) return false
  bag.add(nestedTooDeep({ ...deep.span, end: deep.span.start }, MAX_HEIGHT))
  return true
}

/** The first node that is `levels` below another one. Recurses no deeper than that. */
function nodeBelow(node: Node, levels: number): Node | undefined {
  if (levels === 0) return node
  for (const child of childrenOf(node)) {
    const found = nodeBelow(child, levels - 1)
    if (found !== undefined) return found
  }
  return undefined
}
