/**
 * Text to tokens. The lexer never fails: spellings of other languages (`&&`, `'text'`, `# note`) are reported once, with a fix,
 * and become the intended token; meaningless text is reported and skipped.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain'
import { bug, type DiagnosticBag } from './diagnostic.ts'
import { type Foreign, foreignOperator } from './foreign.ts'
import { foreignBlockEnd, readForeignBlock } from './foreign-block.ts'
import { foreignLineEnd, foreignLineKind, LINE_STARTS, type LineKind, reportForeignLines } from './foreign-lines.ts'
import { loopEnd, readLoop } from './foreign-loops.ts'
import { matchEnd, reportMatch } from './foreign-match.ts'
import { readSizes, sizesEnd } from './foreign-sizes.ts'
import {
  FOREIGN_COMMENT_STARTS,
  foreignCommentEnd,
  productEnd,
  readExponent,
  readInclude,
  readLetterZero,
  reportContinuation,
  reportForeignComment,
  reportForeignMark,
  reportForeignNumber,
  reportIncrement,
  reportProduct,
} from './foreign-text.ts'
import { grammarError } from './messages.ts'
import { isQuotient, reportQuotient } from './quotient.ts'
import { type Repeated, reportBlanks, reportSemicolons } from './repeated.ts'
import { type SourceFile, type Span, textOf } from './source.ts'
import { withStrays } from './strays.ts'
import { cook, STRING_STARTS, type StringShape, scanString } from './strings.ts'
import * as T from './tokens.ts'

/** A comment with its place; `isDoc` for `///`. */
interface Comment {
  readonly start: number
  readonly end: number
  readonly isDoc: boolean
}

export interface Lexed {
  /** Includes line breaks. */
  readonly tokens: readonly T.ArcToken[]
  readonly comments: readonly Comment[]
  /** Joined doc comments, by the offset of the token after them. */
  readonly docs: ReadonlyMap<number, string>
}

const CommentToken = createToken({ name: 'Comment', pattern: /\/\/[^\n]*/ })
/** A token that ends where a function says, if it starts at an offset. */
const foreignToken = (
  name: string,
  starts: readonly string[],
  endOf: (text: string, start: number) => number | undefined,
): TokenType =>
  createToken({
    name,
    pattern: (text: string, offset: number) => {
      const end = endOf(text, offset)
      return end === undefined ? null : [text.slice(offset, end)]
    },
    start_chars_hint: [...starts],
    line_breaks: true,
  })

const ForeignComment = foreignToken('ForeignComment', FOREIGN_COMMENT_STARTS, foreignCommentEnd)
/** `<<<<<<< HEAD`, and other lines that are not code. */
const ForeignLine = foreignToken('ForeignLine', LINE_STARTS, foreignLineEnd)
/** `class f(nn.Module):` or `def f(x):` with its indented lines. */
const ForeignBlock = foreignToken('ForeignBlock', ['a', 'c', 'd'], foreignBlockEnd)
/** `112x112x3` */
const ForeignSizes = foreignToken('ForeignSizes', [...'123456789'], sizesEnd)
/** `@cached`, and the letter before `f"text"`. */
const ForeignMark = createToken({ name: 'ForeignMark', pattern: /@\w[\w.]*|(?:[fFrRbBuU]|[rR][bB]|[bB][rR])(?=["'])/ })
/** `match n { 0 => 2, _ => 1 }` */
const ForeignMatch = foreignToken('ForeignMatch', ['m', 's', 'w'], matchEnd)
const ForeignLoop = foreignToken('ForeignLoop', ['f'], loopEnd)
const ForeignInclude = createToken({ name: 'ForeignInclude', pattern: /#include[ \t]*(?:"[^"\n]*"|<[^>\n]*>)/ })
/** `O.1` */
const ForeignZero = createToken({ name: 'ForeignZero', pattern: /[Oo]\.\d[\d_]*(?:[eE][+-]?\d+)?/ })
/** `5e–4`, with the dash of a book. */
const ForeignExponent = createToken({ name: 'ForeignExponent', pattern: /\d[\d_]*(?:\.\d+)?[eE][−–—‐‑]\d+/ })
/** The product of matrices: an `@` between two values. */
const ForeignProduct = foreignToken('ForeignProduct', ['@'], productEnd)
/** A backslash at the end of a line, with the line break. */
const ForeignContinuation = createToken({
  name: 'ForeignContinuation',
  pattern: /\\[ \t\r]*\n/,
  line_breaks: true,
})
const ForeignNumber = createToken({ name: 'ForeignNumber', pattern: /0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+/ })
const ForeignOperator = createToken({
  name: 'ForeignOperator',
  pattern:
    /===|!==|\|\|>|\|[>=-]>|(?:>>|%>%)(?=\s*[A-Za-z_])|=>|:=|<>|\+\+|[-+*/]=|&&?|\|\|?|!(?!=)|\^|;|\.\d[\d_]*(?:[eE][+-]?\d+)?|[≠≤≥×÷−–—‐‑·°²³]/,
})
const RawString = createToken({
  name: 'RawString',
  pattern: (text: string, offset: number) => {
    if (!STRING_STARTS.includes(text.charAt(offset))) return null
    return [text.slice(offset, scanString(text, offset).end)]
  },
  start_chars_hint: [...STRING_STARTS],
  line_breaks: false,
})
const Blank = createToken({ name: 'Blank', pattern: /[ \t\r\f\v]+/, group: Lexer.SKIPPED })
/** Spaces that look like a plain one. */
const ForeignBlank = createToken({
  name: 'ForeignBlank',
  pattern: /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/,
  line_breaks: false,
})
const BYTE_ORDER_MARK = '\ufeff'

/** The first match wins, so longer spellings come before their prefixes. */
const LEXER_TOKENS: TokenType[] = [
  ...[
    T.Newline,
    Blank,
    ForeignBlank,
    CommentToken,
    ForeignLine,
    ForeignInclude,
    ForeignComment,
    ForeignBlock,
    ForeignMatch,
    ForeignLoop,
    ForeignZero,
    ForeignProduct,
    ForeignMark,
    ForeignContinuation,
    T.Identifier,
  ],
  ...[ForeignSizes, ForeignExponent, ForeignNumber, T.NumberToken, RawString],
  ...[T.Pipe, T.Arrow, T.DotDot, T.StarStar, T.Near, ForeignOperator],
  ...[T.EqualEqual, T.NotEqual, T.LessEqual, T.GreaterEqual, T.Less, T.Greater, T.Plus, T.Minus, T.Star, T.Slash],
  ...[T.Dot, T.Comma, T.Colon, T.Equals, T.Percent, T.Question],
  ...[T.LParen, T.RParen, T.LBracket, T.RBracket, T.LCurly, T.RCurly],
]

let cached: Lexer | undefined

/** Built on first use; tokens have offsets only, since lines are computed on demand. */
function lexer(): Lexer {
  cached ??= new Lexer(LEXER_TOKENS, {
    positionTracking: 'onlyOffset',
    skipValidations: true,
    safeMode: true,
  })
  return cached
}

interface Run {
  readonly source: SourceFile
  readonly bag: DiagnosticBag
  readonly tokens: T.ArcToken[]
  readonly comments: Comment[]
  readonly docs: Map<number, string>
  pendingDoc: string[]
  readonly semicolons: Repeated[]
  readonly blanks: Repeated[]
  readonly lines: Map<LineKind, Span[]>
}

/** All tokens of a text. */
export function lex(source: SourceFile, bag: DiagnosticBag): Lexed {
  const run: Run = {
    source,
    bag,
    tokens: [],
    comments: [],
    docs: new Map(),
    pendingDoc: [],
    semicolons: [],
    blanks: [],
    lines: new Map(),
  }
  lexRange(run, source.text.startsWith(BYTE_ORDER_MARK) ? 1 : 0, source.text.length)
  reportSemicolons(run.semicolons, bag)
  reportBlanks(run.blanks, bag)
  reportForeignLines(run.lines, bag)
  return run
}

function lexRange(run: Run, start: number, end: number): void {
  const whole = start === 0 && end === run.source.text.length
  const found = lexer().tokenize(whole ? run.source.text : run.source.text.slice(start, end))
  const tokens = found.errors.length === 0 ? found.tokens : withStrays(run, found.tokens, found.errors, start)
  for (const token of tokens) take(run, token.tokenType, token.image, token.startOffset + start)
}

function take(run: Run, tokenType: TokenType, image: string, start: number): void {
  const span = { source: run.source, start, end: start + image.length }
  switch (tokenType) {
    case T.Identifier:
      push(run, T.makeToken(T.KEYWORDS.get(image) ?? T.Identifier, image, start))
      break
    case T.Newline:
      run.tokens.push(T.makeToken(T.Newline, image, start))
      break
    case CommentToken:
      takeComment(run, image, start)
      break
    case ForeignComment:
      reportForeignComment(span, run.bag)
      break
    case ForeignLine: {
      const kind = foreignLineKind(span)
      run.lines.set(kind, [...(run.lines.get(kind) ?? []), span])
      break
    }
    case ForeignBlock:
      for (const token of readForeignBlock(span, run.bag)) push(run, token)
      break
    case ForeignSizes:
      for (const token of readSizes(span, run.bag)) push(run, token)
      break
    case ForeignBlank:
      run.blanks.push({ span, replacement: ' ' })
      break
    case ForeignMark:
      takeMark(run, image, span)
      break
    case ForeignContinuation:
      if (!reportContinuation(span, run.bag)) run.tokens.push(T.makeToken(T.Newline, '\n', span.end - 1))
      break
    case ForeignExponent:
      push(run, T.makeToken(T.NumberToken, readExponent(span, run.bag), start))
      break
    case ForeignLoop:
      for (const token of readLoop(span, run.bag)) push(run, token)
      break
    case ForeignInclude:
      takeInclude(run, span)
      break
    case ForeignZero:
      push(run, T.makeToken(T.NumberToken, readLetterZero(span, run.bag), start))
      break
    case ForeignMatch:
      reportMatch(span, run.bag)
      push(run, T.makeToken(T.Unreadable, image, start))
      break
    case ForeignProduct:
      reportProduct(span, run.bag)
      push(run, T.makeToken(T.Star, image, start))
      break
    case ForeignNumber:
      reportForeignNumber(span, run.bag)
      push(run, T.makeToken(T.NumberToken, image, start))
      break
    case T.NumberToken:
      takeNumber(run, image, span)
      break
    case RawString:
      takeString(run, start, span.end)
      break
    case ForeignOperator:
      if (image === ';') takeSemicolon(run, span)
      else if (image.startsWith('.')) takeNumber(run, image, span)
      else if (image === '++') reportIncrement(span, run.bag)
      else takeForeign(run, image, span)
      break
    default:
      push(run, T.makeToken(tokenType, image, start))
  }
}

/** `@cached` above a declaration is dropped; of `@epochs = 4`, only the sign is. */
function takeMark(run: Run, image: string, span: Span): void {
  const isField = image.startsWith('@') && /^[ \t]*[=:{]/.test(run.source.text.slice(span.end, span.end + 80))
  reportForeignMark(isField ? { ...span, end: span.start + 1 } : span, run.bag)
  if (isField) take(run, T.Identifier, image.slice(1), span.start + 1)
}

function takeInclude(run: Run, span: Span): void {
  const path = readInclude(span, run.bag)
  if (path === undefined) return
  push(run, T.makeToken(T.Use, '', span.start))
  push(run, T.makeToken(T.StringText, textOf(span), span.start, path))
}

function push(run: Run, token: T.ArcToken): void {
  if (run.pendingDoc.length > 0) {
    run.docs.set(token.startOffset, run.pendingDoc.join('\n'))
    run.pendingDoc = []
  }
  run.tokens.push(token)
}

function takeComment(run: Run, image: string, start: number): void {
  const isDoc = image.startsWith('///') && !image.startsWith('////')
  run.comments.push({ start, end: start + image.trimEnd().length, isDoc })
  if (isQuotient(run.source, start, image)) reportQuotient(run.source, start, run.bag)
  if (isDoc) run.pendingDoc.push(image.slice(3).trimEnd().replace(/^ /, ''))
}

function takeNumber(run: Run, image: string, span: Span): void {
  const report = (reason: string, replacement?: string) => {
    const fix = replacement === undefined ? {} : { fix: { message: `write \`${replacement}\``, span, replacement } }
    run.bag.add(grammarError('ARC1009', { text: image, reason }, span, fix))
  }
  if (image.startsWith('.')) report('it needs a digit before the point', `0${image}`)
  else if (/\.(?!\d)/.test(image)) report('it needs a digit behind the point', image.replace('.', '.0'))
  else if (/_(?!\d)/.test(image)) report('a `_` stands between two digits', image.replace(/_(?!\d)/g, ''))
  else if (!Number.isFinite(Number(image.replaceAll('_', '')))) report('it is too large')
  push(run, T.makeToken(T.NumberToken, image, span.start))
}

function takeForeign(run: Run, image: string, span: Span): void {
  const foreign: Foreign = foreignOperator(image, run.source.text, span.end) ?? bug(`no meaning for ${image}`, span)
  const notes = foreign.note === undefined ? [] : [foreign.note]
  if (foreign.right === undefined) run.bag.add(grammarError('ARC1011', {}, span, { notes }))
  else {
    const fix = { message: `write \`${foreign.right}\``, span, replacement: foreign.replacement ?? foreign.right }
    run.bag.add(grammarError('ARC1005', { found: image, right: foreign.right }, span, { notes, fix }))
  }
  push(run, T.makeToken(foreign.tokenType, image, span.start))
  if (foreign.number !== undefined) push(run, T.makeToken(T.NumberToken, foreign.number, span.start))
}

/** At the end of a line it is dropped; between two entries it becomes a comma. */
function takeSemicolon(run: Run, span: Span): void {
  const isLast = /^[ \t\r;]*(?:\n|\/\/|\}|$)/.test(run.source.text.slice(span.end, span.end + 80))
  run.semicolons.push({ span, replacement: isLast ? '' : ',' })
  if (!isLast) push(run, T.makeToken(T.Comma, ';', span.start))
}

function takeString(run: Run, start: number, end: number): void {
  const { source, bag } = run
  const shape = scanString(source.text, start)
  const quote = source.text.charAt(start)
  const bodyEnd = shape.isClosed ? end - 1 : end
  if (!shape.isClosed && end === start + 1 && start > 0 && source.text.charAt(start - 1) === quote) {
    const span = { source, start, end }
    bag.add(grammarError('ARC1002', {}, span, { fix: { message: 'remove the quote', span, replacement: '' } }))
    return
  }
  if (!shape.isClosed) {
    const fix = { message: 'close it', span: { source, start: end, end }, replacement: '"' }
    bag.add(grammarError('ARC1002', {}, { source, start, end }, quote === '"' ? { fix } : {}))
  } else if (quote !== '"') {
    const replacement = `"${source.text.slice(start + 1, bodyEnd).replaceAll('"', '\\"')}"`
    const fix = { message: 'use double quotes', span: { source, start, end }, replacement }
    const quotes = { "'": 'single quotes', '`': 'backticks' }[quote] ?? 'curly ones'
    bag.add(grammarError('ARC1003', { quotes }, { source, start, end }, { fix }))
  }
  if (shape.openHole !== undefined) {
    const at = { source, start: shape.openHole, end: shape.openHole + 1 }
    const fix = { message: 'for a plain brace, write `\\{`', span: at, replacement: '\\{' }
    bag.add(grammarError('ARC1008', {}, at, { fix }))
  }
  takeParts(run, shape, bodyEnd)
}

/** `"a{x}b"` becomes `"a{`, the tokens of `x`, and `}b"`. A hole without an expression is reported and skipped. */
function takeParts(run: Run, shape: StringShape, bodyEnd: number): void {
  const { source, bag } = run
  const image = (from: number, to: number) => source.text.slice(from, to)
  const holes = shape.holes.filter((hole) => {
    if (image(hole.start, hole.end).trim() !== '') return true
    const span = { source, start: hole.start - 1, end: hole.end + 1 }
    const fix = { message: 'for plain braces, write `\\{\\}`', span, replacement: '\\{\\}' }
    bag.add(grammarError('ARC1010', {}, span, { fix }))
    return false
  })
  const first = holes[0]
  if (first === undefined) {
    const cooked = cook(source, shape.start + 1, bodyEnd, bag)
    push(run, T.makeToken(T.StringText, image(shape.start, shape.end), shape.start, cooked))
    return
  }
  const head = cook(source, shape.start + 1, first.start - 1, bag)
  push(run, T.makeToken(T.StringHead, image(shape.start, first.start), shape.start, head))
  holes.forEach((hole, i) => {
    lexRange(run, hole.start, hole.end)
    const next = holes[i + 1]
    const textEnd = next === undefined ? bodyEnd : next.start - 1
    const cooked = cook(source, hole.end + 1, textEnd, bag)
    const partEnd = next === undefined ? shape.end : next.start
    const tokenType = next === undefined ? T.StringTail : T.StringMiddle
    push(run, T.makeToken(tokenType, image(hole.end, partEnd), hole.end, cooked))
  })
}
