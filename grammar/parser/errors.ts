/** Translates Chevrotain's errors into diagnostics: what was expected, what was found, and the likely intention. */
import {
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  tokenLabel,
  tokenMatcher,
} from 'chevrotain'
import { isCloser } from '../brackets.ts'
import type { Diagnostic, Fix } from '../diagnostic.ts'
import { LINE_NOTE } from '../foreign.ts'
import { grammarError } from '../messages.ts'
import { remainderFix } from '../remainder.ts'
import type { SourceFile, Span } from '../source.ts'
import * as T from '../tokens.ts'

/** The message of an exception is only what was expected; `explain` builds the sentence. */
export const EXPECTATIONS: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => tokenLabel(expected),
  buildNotAllInputParsedMessage: () => 'the end',
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? 'something else',
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? 'something else',
}

/** The name of a token in a sentence. */
export function describe(token: IToken): string {
  switch (token.tokenType) {
    case EOF:
      return 'the end of the text'
    case T.Newline:
      return 'the end of the line'
    case T.StringText:
    case T.StringHead:
      return 'a string'
    case T.StringMiddle:
    case T.StringTail:
      return 'the end of the `{ }`'
    default:
      return token.image === '' ? `the end of the ${tokenLabel(token.tokenType)} block` : `\`${token.image}\``
  }
}

/** The place of a token. Tokens without width, inserted tokens and the end of the text are shown after the token before them. */
export function placeOf(source: SourceFile, token: IToken, before: IToken): Span {
  const isPlaced = token.tokenType !== EOF && token.tokenType !== T.Newline && token.image !== ''
  if (isPlaced && !Number.isNaN(token.startOffset)) return { source, start: token.startOffset, end: T.tokenEnd(token) }
  if (Number.isNaN(before.startOffset)) return { source, start: source.text.length, end: source.text.length }
  return { source, start: T.tokenEnd(before), end: T.tokenEnd(before) }
}

const endsSomething = (token: IToken): boolean =>
  token.tokenType === EOF ||
  token.tokenType === T.Newline ||
  token.tokenType === T.Comma ||
  isCloser(token as T.ArcToken)

/** The diagnostic for one parser exception. */
export function explain(error: IRecognitionException, before: IToken, source: SourceFile): Diagnostic {
  const found = error.token
  const span = placeOf(source, found, before)
  const expected = error.message
  const rule = error.context.ruleStack.at(-1)
  if (found.tokenType === T.Percent) return percent(source, found, before)
  if (expected === 'a name' && T.isReserved(found)) return grammarError('ARC1207', { word: found.image }, span)
  if (expected === '`else`') {
    // The end of the `if`, even if the next token is lines below.
    const end = { source, start: T.tokenEnd(before), end: T.tokenEnd(before) }
    const at = isBelow(source, before, found) ? end : span
    return grammarError('ARC1221', {}, at, { label: `expected \`else\`, found ${describe(found)}` })
  }
  if (before.image === 'lambda') return lambda(source, before)
  const commented = divisionComment(source, expected, found, before)
  if (commented !== undefined) return commented
  if (before.tokenType === T.DotDot && found.tokenType === T.Equals) return inclusiveRange(found, span)
  if (expected === 'a value') return missingValue(source, found, before, span)
  if (found.image === 'for' && expected === 'a comma or `]`') return comprehension(source, found, span)
  if (rule === 'operand' && expected === '`)`' && found.image === ',') return tuple(source, found, span)
  const notes = NOTES[`${rule}/${expected}/${found.image}`] ?? NOTES[`${rule}/${expected}`] ?? []
  const fix = superfluous(source, expected, found) ?? insertion(source, expected, found, before)
  const extras = { label: `expected ${expected}`, notes, ...(fix === undefined ? {} : { fix }) }
  return grammarError('ARC1201', { expected, found: describe(found) }, span, extras)
}

/** The text between the brackets around an offset, without brackets of its own before it, and its bounds. */
function around(source: SourceFile, at: number, open: string, close: string): Span | undefined {
  const start = source.text.lastIndexOf(open, at)
  let depth = 0
  for (let end = at; start >= 0 && end < Math.min(source.text.length, at + 400); end++) {
    const c = source.text.charAt(end)
    if (c === open) depth += 1
    if (c === close && depth-- === 0) return { source, start, end: end + 1 }
  }
  return undefined
}

/** `[2 * w for w in widths]` */
function comprehension(source: SourceFile, found: IToken, span: Span): Diagnostic {
  const whole = around(source, found.startOffset, '[', ']')
  const item = whole && source.text.slice(whole.start + 1, found.startOffset).trim()
  const rest = whole && source.text.slice(T.tokenEnd(found), whole.end - 1).trim()
  const written = item === undefined || rest === undefined ? undefined : `for ${rest} { ${item} }`
  const notes = [`a list from a loop is written \`${written ?? 'for i in 0..n { … }'}\``]
  const isPlain = rest !== undefined && /^\w+ in (?!.*\bif\b)/.test(rest)
  const fix =
    whole !== undefined && written !== undefined && isPlain
      ? { fix: { message: 'write a loop', span: whole, replacement: written } }
      : {}
  const params = { expected: 'a comma or `]`', found: describe(found) }
  return grammarError('ARC1201', params, span, { label: 'expected a comma or `]`', notes, ...fix })
}

/** What a field takes that was given several values. */
function objectOf(field: string, items: string): string {
  const [m1, m2, m3, more] = items.split(',').map((item) => item.trim())
  const isMargin = field.startsWith('margin') && m3 !== undefined && more === undefined
  if (isMargin) return `the margins of arcface_torch are \`margin = combined(m1: ${m1}, m2: ${m2} rad, m3: ${m3})\``
  return `\`${field}\` takes an object with named arguments, as in \`name(argument: 1)\``
}

/** `(1, 2)` for a list. */
function tuple(source: SourceFile, found: IToken, span: Span): Diagnostic {
  const whole = around(source, found.startOffset, '(', ')')
  const items = whole && source.text.slice(whole.start + 1, whole.end - 1)
  const isPlain = items !== undefined && !/[()]/.test(items)
  const replacement = `[${(items ?? '').trim().replace(/,$/, '')}]`
  const [, field = ''] = /\b([A-Za-z]\w*)[ \t]*=[ \t]*$/.exec(source.text.slice(0, whole?.start ?? 0).slice(-80)) ?? []
  // `margin` takes an object, and so does the field that arcface_torch has for it.
  const isObject = T.KEYWORDS.has(field.split('_')[0] ?? '')
  const fix =
    whole !== undefined && isPlain && !isObject ? { fix: { message: 'write a list', span: whole, replacement } } : {}
  const params = { expected: '`)`', found: describe(found) }
  const notes = [isObject ? objectOf(field, items ?? '') : 'a list is written `[a, b]`']
  return grammarError('ARC1201', params, span, { label: 'expected `)`', notes, ...fix })
}

/** `experiment name = {`: the brace follows without `=` or `:`. */
function superfluous(source: SourceFile, expected: string, found: IToken): Fix | undefined {
  const end = T.tokenEnd(found)
  if (expected !== '`{`' || !/^[=:]$/.test(found.image) || !/^\s*\{/.test(source.text.slice(end))) return undefined
  const start = source.text.charAt(found.startOffset - 1) === ' ' ? found.startOffset - 1 : found.startOffset
  return { message: `leave out \`${found.image}\``, span: { source, start, end }, replacement: '' }
}

/** `0..=n` */
function inclusiveRange(found: IToken, span: Span): Diagnostic {
  const notes = ['a range ends before its second number: `0..n + 1` has `n`']
  return grammarError('ARC1201', { expected: 'a value', found: describe(found) }, span, { notes })
}

/** Whether a token is on a later line than the one before it. */
function isBelow(source: SourceFile, before: IToken, found: IToken): boolean {
  return source.text.slice(T.tokenEnd(before), found.startOffset).includes('\n')
}

export const IF_NOTE = 'an `if` is written `if condition then value else value`'

export const BACKBONE_NOTE = 'a backbone is written `backbone name(…) on Image(112, 112, 3) -> Vector(512) { … }`'

const NOTES: Readonly<Record<string, readonly string[]>> = {
  'thenWord/`then`': [IF_NOTE],
  'forExpression/`in`': ['a loop is written `for i in 0..n { … }`'],
  'forExpression/`{`': ['a loop is written `for i in 0..n { … }`'],
  'operand/`]`/:': ['there are no slices: `for i in 1..list.length { list[i] }` is the list without its first element'],
  'test/a string': ['a test is written `test "what it shows" { assert … }`'],
  'backbone/`on`': [BACKBONE_NOTE],
  'backbone/`->`': [BACKBONE_NOTE],
}

/** `if a < b // 2 then`: what follows `//` is a comment, so the line ends too early. */
function divisionComment(source: SourceFile, expected: string, found: IToken, before: IToken): Diagnostic | undefined {
  if (Number.isNaN(before.startOffset)) return undefined
  const end = T.tokenEnd(before)
  const between = source.text.slice(end, found.tokenType === EOF ? source.text.length : found.startOffset)
  const [lead] = /^[ \t]*(?=\/\/(?!\/)[ \t]*[\w(])/.exec(between) ?? []
  if (lead === undefined || before.tokenType === T.Comma) return undefined
  const span = { source, start: end + lead.length, end: end + lead.length + 2 }
  const notes = ['`//` starts a comment; quotients are `a / b`, those of whole numbers `a div b`']
  return grammarError('ARC1201', { expected, found: 'a comment' }, span, { label: `expected ${expected}`, notes })
}

function lambda(source: SourceFile, word: IToken): Diagnostic {
  const at = { source, start: word.startOffset, end: T.tokenEnd(word) }
  return grammarError('ARC1224', { word: 'lambda', instead: 'functions are declared with `fn`' }, at)
}

function missingValue(source: SourceFile, found: IToken, before: IToken, span: Span): Diagnostic {
  if (found.tokenType === T.If || found.tokenType === T.For) {
    const what = found.tokenType === T.If ? 'an `if`' : 'a `for`'
    return grammarError('ARC1209', { what }, span, { label: 'put the whole expression in parentheses' })
  }
  if (before.tokenType === T.Comma && found.tokenType === T.Comma) {
    const fix = { message: 'remove it', span: { source, start: T.tokenEnd(before), end: span.end }, replacement: '' }
    return grammarError('ARC1204', { after: describe(before) }, span, { label: 'a value is missing here', fix })
  }
  if (endsSomething(found) && !Number.isNaN(before.startOffset)) {
    const at = { source, start: T.tokenEnd(before), end: T.tokenEnd(before) }
    return grammarError('ARC1204', { after: describe(before) }, at, { label: 'a value is missing here' })
  }
  if (found.tokenType === T.Let || T.isReserved(found)) {
    return grammarError('ARC1201', { expected: 'a value', found: `the keyword ${describe(found)}` }, span)
  }
  const [path] = /^(?:\/|~\/|\.\.?\/)[\w./~-]*\w/.exec(source.text.slice(found.startOffset)) ?? []
  const fix =
    path === undefined
      ? {}
      : {
          fix: {
            message: 'paths are written in quotes',
            span: { source, start: found.startOffset, end: found.startOffset + path.length },
            replacement: `"${path}"`,
          },
        }
  return grammarError('ARC1201', { expected: 'a value', found: describe(found) }, span, {
    label: 'expected a value',
    notes: before.tokenType === T.Newline && tokenMatcher(found, T.BinaryOperator) ? [LINE_NOTE] : [],
    ...fix,
  })
}

/** A fix for two words between which only a separator is missing. */
function insertion(source: SourceFile, expected: string, found: IToken, before: IToken): Fix | undefined {
  const text = { '`in`': ' in', '`->`': ' ->', '`on`': ' on', 'a comma or `)`': ',', 'a comma or `]`': ',' }[expected]
  if (text === undefined || endsSomething(found) || Number.isNaN(before.startOffset)) return undefined
  if (text === ',' && before.image.endsWith('_') && T.isName(found) && isBelow(source, before, found)) {
    const span = { source, start: T.tokenEnd(before), end: found.startOffset }
    return { message: `write \`${before.image}${found.image}\``, span, replacement: '' }
  }
  const canFollow = T.isName(found) || found.tokenType === T.NumberToken || found.tokenType === T.StringText
  if (!canFollow) return undefined
  const at = T.tokenEnd(before)
  return { message: `add \`${text.trim()}\``, span: { source, start: at, end: at }, replacement: text }
}

function percent(source: SourceFile, token: IToken, before: IToken): Diagnostic {
  const span = placeOf(source, token, before)
  const rest = source.text.slice(span.end, span.end + 80)
  const isUnit = before.tokenType === T.NumberToken && /^\s*(?:[,)\]}\n]|\/\/|$)/.test(rest)
  const fix = isUnit
    ? { message: 'remove the space', span: { source, start: T.tokenEnd(before), end: span.start }, replacement: '' }
    : (remainderFix(source, span) ?? { message: 'write `mod` for the remainder', span, replacement: 'mod' })
  return grammarError('ARC1223', {}, span, { fix })
}

/** Words of other languages in front of a value, which are dropped here. */
const NEEDLESS: Readonly<Record<string, string>> = {
  return: 'the value of a block is its last line',
  new: 'an object is written like a call',
  yield: 'a `for` gives the list of its values',
  await: 'values are known when they are used',
}

/** Operators of other languages that are words, and signs that were meant as operators. */
const MEANT_OPERATORS: Readonly<Record<string, string>> = { is: '==', '->': '|>', '=': '==' }

/** The tokens at the end of an item. */
interface Neighbors {
  readonly last: IToken
  readonly found: IToken
  readonly next: IToken
}

/** The diagnostic for an item that is followed by something else on its line. */
export function unseparated(source: SourceFile, { last, found, next }: Neighbors, separators: string): Diagnostic {
  const span = placeOf(source, found, last)
  if (found.tokenType === T.Percent) return percent(source, found, last)
  const instead = last.tokenType === T.Identifier ? NEEDLESS[last.image] : undefined
  if (instead !== undefined) {
    const whole = { source, start: last.startOffset, end: span.start }
    const fix = { message: `remove \`${last.image}\``, span: whole, replacement: '' }
    return grammarError('ARC1224', { word: last.image, instead }, { ...whole, end: T.tokenEnd(last) }, { fix })
  }
  if (last.image === 'lambda') return lambda(source, last)
  const operator = MEANT_OPERATORS[found.image]
  if (operator !== undefined && (found.tokenType !== T.Equals || isComparable(last))) {
    const fix = { message: `write \`${operator}\``, span, replacement: operator }
    return grammarError('ARC1005', { found: found.image, right: operator }, span, { fix })
  }
  const quotes = innerQuotes(source, last, found)
  if (quotes !== undefined) return quotes
  const shown = { separators, found: describe(found) }
  if (found.tokenType === T.If || found.tokenType === T.Question)
    return grammarError('ARC1210', shown, span, { notes: [IF_NOTE] })
  const isArgument = next.tokenType === T.Colon ? T.isName(found) : found.tokenType === T.NumberToken
  const call = T.isName(last) && isArgument ? bareCall(source, last, found) : undefined
  if (call !== undefined) return grammarError('ARC1210', shown, span, { fix: call })
  if (separators.includes('comma') && T.isName(found) && beginsItem(separators, next)) {
    const at = { source, start: T.tokenEnd(last), end: T.tokenEnd(last) }
    const fix = { message: 'add a comma', span: at, replacement: ',' }
    return grammarError('ARC1210', shown, span, { fix })
  }
  if (last.image === ')' && T.isName(found) && !isBelow(source, last, found)) {
    const at = { source, start: found.startOffset, end: found.startOffset }
    const fix = { message: 'a value is passed on with `|>`', span: at, replacement: '|> ' }
    return grammarError('ARC1210', shown, span, { fix })
  }
  return grammarError('ARC1210', shown, span)
}

/** `"say "hi" now"`: a word directly after a string, and further quotes on its line. */
function innerQuotes(source: SourceFile, last: IToken, found: IToken): Diagnostic | undefined {
  const isString = last.tokenType === T.StringText || last.tokenType === T.StringTail
  const end = T.tokenEnd(last)
  if (!isString || found.startOffset !== end) return undefined
  const [inner] = /^[^"\n]*"(?=[^"\n]*")/.exec(source.text.slice(end)) ?? []
  if (inner === undefined) return undefined
  const span = { source, start: end - 1, end: end + inner.length }
  const replacement = `\\"${inner.slice(0, -1)}\\"`
  return grammarError(
    'ARC1295',
    {},
    { ...span, end },
    { fix: { message: `write \`${replacement}\``, span, replacement } },
  )
}

/** Whether a comparison with `=` may have been meant after a token. */
const isComparable = (last: IToken): boolean =>
  last.tokenType === T.NumberToken || T.isName(last) || isCloser(last as T.ArcToken)

/** Whether an entry or a parameter goes on like this after its name. */
function beginsItem(separators: string, next: IToken): boolean {
  const begins = [T.Equals, T.LCurly, T.LParen, T.Dot]
  return separators === 'a comma' || begins.includes(next.tokenType) || T.isName(next)
}

/** `sgd lr: 0.1`: the rest of the line in parentheses, if it has no brackets of its own. */
function bareCall(source: SourceFile, last: IToken, found: IToken): Fix | undefined {
  const [rest = ''] = /^[^\n]*/.exec(source.text.slice(found.startOffset)) ?? []
  const text = rest.trimEnd()
  if (/[(){}[\]]|\/\//.test(text)) return undefined
  const span = { source, start: T.tokenEnd(last), end: found.startOffset + text.length }
  return { message: 'write a call with parentheses', span, replacement: `(${text})` }
}

export function nestedTooDeep(span: Span, limit: number): Diagnostic {
  return grammarError('ARC1211', { limit }, span, { notes: ['name a subexpression with `let`'] })
}
