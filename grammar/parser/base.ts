/**
 * Shared by all rules of the parser: places, reports and recovery.
 *
 * Chevrotain's own recovery guesses tokens by follow sets. Here, an item (an entry, a statement, a parameter, a declaration) that
 * fails is reported once and skipped to its end, which is reliable because brackets are balanced before the parser starts and
 * every token knows its depth. So chevrotain's recovery is disabled and `recovering` implements ours.
 */
import {
  EmbeddedActionsParser,
  EOF,
  type IRecognitionException,
  type IToken,
  isRecognitionException,
  type TokenType,
} from 'chevrotain'
import type { ErrorExpr, Expr, Ident } from '../ast.ts'
import { isCloser } from '../brackets.ts'
import { bug, type Diagnostic, DiagnosticBag } from '../diagnostic.ts'
import type { SourceFile, Span } from '../source.ts'
import * as T from '../tokens.ts'
import { EXPECTATIONS, explain, nestedTooDeep, unseparated } from './errors.ts'
import { lateLookahead } from './late-lookahead.ts'
import { combine, type Operand } from './operators.ts'
import { unknownDeclaration } from './unknown-declaration.ts'

/** Nested brackets, `if`s and loops. Later phases recurse over the tree, so it must stay shallow. */
export const MAX_NESTING = 200

/** Ends an item early; it carries the diagnostic to report, if any. */
class Stop extends Error {
  readonly diagnostic: Diagnostic | undefined
  constructor(diagnostic: Diagnostic | undefined) {
    super(diagnostic?.message)
    this.diagnostic = diagnostic
  }
}

/** Tokens that decide between alternatives; where more are needed, a rule looks ahead itself. */
const maxLookahead = 1

export interface Input {
  readonly source: SourceFile
  readonly bag: DiagnosticBag
  /** Balanced, with only the significant line breaks. */
  readonly tokens: T.ArcToken[]
  readonly docs: ReadonlyMap<number, string>
}

const NOTHING: Input = { source: { path: '', text: '' }, bag: new DiagnosticBag(), tokens: [], docs: new Map() }

export abstract class ParserBase extends EmbeddedActionsParser {
  #input = NOTHING
  #nesting = 0
  /** Loops and conditions whose head is read: a brace after it opens their block. */
  #heads = 0
  #isTooDeep = false
  /** Number of mistakes the parser has reported in this text. */
  protected reports = 0
  /** Keywords that have been refused as names, whose uses are the same mistake. */
  #refusedWords = new Set<string>()
  /** A colon that belongs to a mistake that has been reported. */
  protected reportedColon: IToken | undefined

  constructor(skipValidations: boolean) {
    super([...T.PARSER_TOKENS], {
      recoveryEnabled: false,
      maxLookahead,
      lookaheadStrategy: lateLookahead(maxLookahead),
      skipValidations,
      errorMessageProvider: EXPECTATIONS,
    })
  }

  /** Runs a rule on a text. */
  protected with<R>(input: Input, parse: () => R): R {
    this.#input = input
    this.#nesting = 0
    this.#heads = 0
    this.#isTooDeep = false
    this.#refusedWords.clear()
    this.reports = 0
    this.input = input.tokens
    try {
      return parse()
    } finally {
      this.#input = NOTHING
      this.input = []
    }
  }

  // ---------------------------------------------------------------- looking

  protected at(type: TokenType, k = 1): boolean {
    return this.LA(k).tokenType === type
  }

  protected nameAt(k: number): boolean {
    return T.isName(this.LA(k))
  }

  /** Whether the next token ends the brackets or the text around the items. */
  protected closing(): boolean {
    const next = this.LA(1)
    return next.tokenType === EOF || isCloser(next as T.ArcToken)
  }

  protected ending(): boolean {
    return this.closing() || this.at(T.Newline) || this.at(T.Comma)
  }

  // ----------------------------------------------------------------- places

  /** Where the next token starts; the end of the text has no token with a place. */
  protected get start(): number {
    const next = this.LA(1)
    return next.tokenType === EOF ? this.#input.source.text.length : next.startOffset
  }

  /** Where the last token ended. */
  protected get end(): number {
    const last = this.LA(0)
    return last.tokenType === EOF ? 0 : T.tokenEnd(last)
  }

  /** From an offset to the end of the last token. */
  protected from(start: number): Span {
    return this.span(start, Math.max(start, this.end))
  }

  protected span(start: number, end: number): Span {
    return { source: this.#input.source, start, end }
  }

  protected tokenSpan(token: { startOffset: number; image: string }): Span {
    return this.span(token.startOffset, token.startOffset + token.image.length)
  }

  protected textBetween(start: number, end: number): string {
    return this.#input.source.text.slice(start, end)
  }

  /** Builds a tree from operands with operators between them. */
  protected combine(operands: readonly Operand[], operators: readonly T.ArcToken[]): Expr {
    return combine(this.#input.source, operands, operators, (diagnostic) => this.report(diagnostic))
  }

  protected docAt(start: number): string | undefined {
    return this.#input.docs.get(start)
  }

  protected ident(token: { startOffset: number; image: string }): Ident {
    return { kind: 'Ident', text: token.image, span: this.tokenSpan(token) }
  }

  protected errorExpr(span: Span): ErrorExpr {
    return { kind: 'Error', span }
  }

  /** The text skipped since `start`; if there is none, it is empty and located after the last token. */
  protected errorFrom(start: number): ErrorExpr {
    return this.errorExpr(this.span(Math.min(start, this.end), this.end))
  }

  // ---------------------------------------------------------------- reports

  protected report(diagnostic: Diagnostic): void {
    if (this.RECORDING_PHASE) return
    this.reports += 1
    this.#input.bag.add(diagnostic)
  }

  protected reportUnseparated(separators: string): void {
    const neighbors = { last: this.LA(0), found: this.LA(1), next: this.LA(2) }
    this.report(unseparated(this.#input.source, neighbors, separators))
  }

  /** Reports a top-level line that starts with another word than a keyword. Returns whether it is read as a declaration. */
  protected reportUnknownDeclaration(): boolean {
    const word = this.LA(1)
    const { diagnostic, keyword } = unknownDeclaration(this.#input.source, [word, this.LA(2), this.LA(3)])
    this.report(diagnostic)
    const meant = keyword === undefined ? undefined : T.KEYWORDS.get(keyword)
    if (meant === undefined) return false
    this.retype(word, meant)
    return true
  }

  /** Reads a token as one of another type, after a report. */
  protected retype(token: IToken, type: TokenType): void {
    token.tokenType = type
    token.tokenTypeIdx = type.tokenTypeIdx ?? 0
  }

  /** Reports and ends the item; without a diagnostic, it has been reported. */
  protected stop(diagnostic?: Diagnostic): never {
    throw new Stop(diagnostic)
  }

  /** Counts one level of nesting while `parse` runs. */
  protected nested<R>(parse: () => R): R {
    if (this.#nesting >= MAX_NESTING && !this.RECORDING_PHASE) this.#stopTooDeep()
    this.#nesting += 1
    const result = parse()
    this.#nesting -= 1
    return result
  }

  /** Reads the head of a loop or a condition. */
  protected head<R>(parse: () => R): R {
    this.#heads += 1
    const result = parse()
    this.#heads -= 1
    return result
  }

  protected get inHead(): boolean {
    return this.#heads > 0
  }

  /** Reported once, since everything at that depth has the same problem. */
  #stopTooDeep(): never {
    if (this.#isTooDeep) throw new Stop(undefined)
    this.#isTooDeep = true
    this.stop(nestedTooDeep(this.span(this.start, this.start), MAX_NESTING))
  }

  // --------------------------------------------------------------- recovery

  /** Runs `parse`. A mistake in it is reported, and the rest of the item is skipped. */
  protected recovering<R>(parse: () => R, instead: (start: number) => R, skip?: () => void): R {
    const next = this.LA(1) as T.ArcToken
    const depth = next.tokenType === EOF ? 0 : isCloser(next) ? next.depth + 1 : next.depth
    const start = this.start
    const nesting = this.#nesting
    const heads = this.#heads
    try {
      return parse()
    } catch (error) {
      if (error instanceof Stop) {
        if (error.diagnostic === undefined) this.reports += 1
        else this.report(error.diagnostic)
      } else if (error instanceof Error && isRecognitionException(error)) {
        this.#reportException(error as Error & IRecognitionException)
      } else throw error
      this.#nesting = nesting
      this.#heads = heads
      if (skip === undefined) this.skipItem(depth)
      else skip()
      return instead(start)
    }
  }

  #reportException(error: Error & IRecognitionException): void {
    const { token } = error
    const diagnostic = explain(error, this.LA(0), this.#input.source)
    // `if` and `for` are refused at the token after them.
    const isRefused = (word: IToken) => T.isReserved(word) && this.#refusedWords.has(word.image)
    const isUse = (isRefused(token) || isRefused(this.LA(0))) && diagnostic.code !== 'ARC1207'
    if (diagnostic.code === 'ARC1207') this.#refusedWords.add(token.image)
    if (isUse) this.reports += 1
    else this.report(diagnostic)
  }

  /** Skips to the line break, comma or closing bracket that ends an item at this depth. */
  protected skipItem(depth: number): void {
    for (;;) {
      const next = this.LA(1) as T.ArcToken
      if (next.tokenType === EOF || next.depth < depth) return
      if (next.depth === depth && (next.tokenType === T.Newline || next.tokenType === T.Comma)) return
      this.SKIP_TOKEN()
    }
  }

  /** Skips to the next line at depth 0 that starts a declaration. */
  protected skipDeclaration(): void {
    while (!this.at(EOF)) {
      const isLineEnd = this.at(T.Newline) && (this.LA(1) as T.ArcToken).depth === 0
      if (isLineEnd && this.declarationAhead(2)) return
      this.SKIP_TOKEN()
    }
  }

  /** Whether a declaration starts at a token, possibly with a misspelled keyword. */
  protected declarationAhead(k: number): boolean {
    if (T.beginsDeclaration(this.LA(k))) return true
    const behind = this.LA(k + 2).tokenType
    const isHead = behind === T.LCurly || behind === T.LParen || behind === T.Extends || behind === T.On
    return isHead && this.nameAt(k) && this.nameAt(k + 1)
  }

  /**
   * Items between brackets, separated by line breaks or commas, with an optional trailing separator. An item that fails is
   * reported and skipped.
   */
  protected items(item: () => void, separators = 'a new line or a comma'): void {
    do {
      if (this.RECORDING_PHASE) item()
      else if (this.closing()) return
      else {
        const before = this.reports
        this.recovering(item, () => undefined)
        this.#separator(before, separators)
      }
    } while (!this.RECORDING_PHASE)
  }

  #separator(reportsBefore: number, separators: string): void {
    if (!this.ending()) {
      const next = this.LA(1) as T.ArcToken
      if (this.reports === reportsBefore) this.reportUnseparated(separators)
      this.skipItem(next.depth)
    }
    if (this.at(T.Newline) || this.at(T.Comma)) this.SKIP_TOKEN()
    else if (!this.closing()) bug('an item ended at an impossible place', this.span(this.start, this.start))
  }
}
