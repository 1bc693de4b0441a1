/**
 * Balances brackets before the parser runs, so that a missing one is reported once, where its block opened, and does not affect
 * the text after it. A text with matching brackets (the normal case) only gets its depths assigned.
 *
 * If a bracket is missing, layout tells what was meant: entries are indented further than the line that opens their block,
 * declarations start in the first column, and inside parentheses no line starts with `name =`.
 */
import type { TokenType } from 'chevrotain'
import type { Diagnostic, DiagnosticBag, Extras } from './diagnostic.ts'
import { entriesBefore, Layout, type Tokens } from './layout.ts'
import { grammarError } from './messages.ts'
import { quotientExtras } from './quotient.ts'
import type { SourceFile, Span } from './source.ts'
import * as T from './tokens.ts'

const CLOSER_OF: ReadonlyMap<TokenType, TokenType> = new Map([
  [T.LParen, T.RParen],
  [T.LBracket, T.RBracket],
  [T.LCurly, T.RCurly],
  [T.StringHead, T.StringTail],
])
const CLOSERS: ReadonlySet<TokenType> = new Set([...CLOSER_OF.values(), T.StringMiddle])
/** Words that need another one before them in the same brackets. */
const PART_OF: ReadonlyMap<TokenType, TokenType> = new Map([
  [T.Carry, T.For],
  [T.Then, T.If],
  [T.Else, T.If],
])
const IMAGES: ReadonlyMap<TokenType, string> = new Map([
  [T.RParen, ')'],
  [T.RBracket, ']'],
  [T.RCurly, '}'],
])

export const isOpener = (token: T.ArcToken): boolean => CLOSER_OF.has(token.tokenType)
export const isCloser = (token: T.ArcToken): boolean => CLOSERS.has(token.tokenType)

/** Returns tokens with matching brackets and their depths. */
export function balance(source: SourceFile, tokens: Tokens, bag: DiagnosticBag): Tokens {
  const match = matchPlainly(tokens)
  const balanced = match === undefined ? tokens : new Repair(source, tokens, bag, match).run()
  let depth = 0
  for (const token of balanced) {
    if (isCloser(token)) depth -= 1
    token.depth = depth
    if (isOpener(token) || token.tokenType === T.StringMiddle) depth += 1
  }
  return balanced
}

interface PlainMatch {
  /** Openers that stay unclosed when every closer takes the nearest opener of its kind. */
  readonly unclosed: ReadonlySet<T.ArcToken>
  readonly openBraces: number
  readonly extraBraces: number
}

/** `undefined` if everything matches. */
function matchPlainly(tokens: Tokens): PlainMatch | undefined {
  const stack: T.ArcToken[] = []
  const unclosed = new Set<T.ArcToken>()
  let extras = 0
  let extraBraces = 0
  for (const token of tokens) {
    if (isOpener(token)) stack.push(token)
    if (!isCloser(token)) continue
    const at = openerFor(stack, token)
    if (at < 0) {
      extras += 1
      if (token.tokenType === T.RCurly) extraBraces += 1
      continue
    }
    for (const open of stack.splice(at + 1)) unclosed.add(open)
    if (token.tokenType !== T.StringMiddle) stack.pop()
  }
  for (const open of stack) unclosed.add(open)
  if (unclosed.size === 0 && extras === 0) return undefined
  const openBraces = [...unclosed].filter((t) => t.tokenType === T.LCurly).length
  return { unclosed, openBraces, extraBraces }
}

/**
 * The index of the opener that a closer belongs to, or -1. `)` and `]` do not match across braces, and nothing matches out of a
 * string.
 */
function openerFor(stack: Tokens, closer: T.ArcToken): number {
  const isPart = closer.tokenType === T.StringMiddle || closer.tokenType === T.StringTail
  for (let i = stack.length - 1; i >= 0; i--) {
    const open = stack[i]
    if (open === undefined) return -1
    if (isPart ? open.tokenType === T.StringHead : CLOSER_OF.get(open.tokenType) === closer.tokenType) return i
    if (!isPart && (open.tokenType === T.StringHead || (open.tokenType === T.LCurly && closer.tokenType !== T.RCurly)))
      return -1
  }
  return -1
}

/** A text with more faults than this is not `.arc` text; the rest is repaired without reports. */
const MAX_REPORTS = 20

/** One pass over an unbalanced text. */
class Repair {
  readonly #source: SourceFile
  readonly #tokens: Tokens
  readonly #bag: DiagnosticBag
  readonly #match: PlainMatch
  readonly #layout: Layout
  readonly #stack: T.ArcToken[] = []
  readonly #out: T.ArcToken[] = []
  #reports = 0
  /** Number of braces that may still be added or dropped because of the layout. */
  #openBraces: number
  #extraBraces: number
  /** The last declaration at depth 0 that has no brace yet, and where its head ended: a number of tokens written. */
  #bareHead: { readonly word: T.ArcToken; readonly end: number | undefined } | undefined

  constructor(source: SourceFile, tokens: Tokens, bag: DiagnosticBag, match: PlainMatch) {
    this.#source = source
    this.#tokens = tokens
    this.#bag = bag
    this.#match = match
    this.#layout = new Layout(source, tokens)
    this.#openBraces = match.openBraces
    this.#extraBraces = match.extraBraces
  }

  run(): Tokens {
    this.#tokens.forEach((token, i) => {
      if (this.#isEndWord(token, i)) {
        this.#closeByWord(token)
        return
      }
      if (this.#layout.beginsLine(i)) this.#atLineStart(token, i)
      this.#closeWithin(token, i)
      if (isCloser(token)) this.#close(token, i)
      else if (isOpener(token)) this.#open(token, i)
      else {
        this.#pass(token)
        if (this.#isBareSection(i)) this.#insertOpener('section', token, this.#out.length)
      }
    })
    while (this.#stack.length > 0) this.#insertCloser()
    return this.#out
  }

  #atLineStart(token: T.ArcToken, i: number): void {
    if (token.tokenType === T.RCurly) this.#closeInnerBlocks(token)
    while (this.#isLeftOpenBefore(token, i)) this.#insertCloser()
    if (this.#stack.length === 0 && this.#layout.isDeclarationStart(i)) this.#bareHead = { word: token, end: undefined }
  }

  /** Before a brace that begins its line: blocks that are indented further than one that starts like this brace are unclosed. */
  #closeInnerBlocks(token: T.ArcToken): void {
    const { indent } = this.#layout.lineOf(token)
    const indentOf = (open: T.ArcToken) => this.#layout.lineOf(open).indent
    const own = this.#stack.findLastIndex((open) => open.tokenType === T.LCurly && indentOf(open) === indent)
    const inner = own < 0 ? [] : this.#stack.slice(own + 1)
    const isUnclosed = (open: T.ArcToken) => open.tokenType === T.LCurly && indentOf(open) > indent
    if (inner.length > this.#openBraces || !inner.every(isUnclosed)) return
    for (const _ of inner) {
      this.#openBraces -= 1
      this.#insertCloser()
    }
  }

  /** Whether the innermost bracket must end before this line. */
  #isLeftOpenBefore(token: T.ArcToken, i: number): boolean {
    const open = this.#stack.at(-1)
    if (open === undefined || isCloser(token)) return false
    const inFirstColumn = this.#layout.lineOf(token).indent === 0
    if (open.tokenType !== T.LCurly)
      return (
        this.#match.unclosed.has(open) && (this.#isClosedInComment() || this.#layout.isItemStart(i, this.#out.at(-1)))
      )
    if (this.#openBraces === 0) return false
    const ended = this.#layout.isOutdented(open, token) || (inFirstColumn && this.#layout.isDeclarationStart(i))
    if (ended) this.#openBraces -= 1
    return ended
  }

  /** Whether the line before ends in a comment with a closing bracket: `conv(16 // 2)`. */
  #isClosedInComment(): boolean {
    const last = this.#out.findLast((token) => token.tokenType !== T.Newline)
    const rest = last === undefined ? '' : this.#source.text.slice(T.tokenEnd(last), T.tokenEnd(last) + 400)
    return /^[ \t]*\/\/(?!\/)[ \t]*\w[^\n]*[)\]]/.test(rest)
  }

  /** Inside a line: `[holdout, pairs = 100` and `conv(8 |> prelu` end before the next field and before the pipeline. */
  #closeWithin(token: T.ArcToken, i: number): void {
    const open = this.#stack.at(-1)
    if (open === undefined || !this.#match.unclosed.has(open)) return
    const last = this.#out.at(-1)
    if (open.tokenType === T.LParen && token.tokenType === T.Pipe && last !== open) this.#insertCloser()
    else if (this.#isPartAround(open, token)) this.#insertCloser()
    else if (open.tokenType === T.LBracket && last?.tokenType === T.Comma && this.#layout.isFieldStart(i)) {
      this.#out.pop()
      this.#insertCloser()
      this.#out.push(last)
    }
  }

  /** `for n in [1, 2 carry x = …` and `if f(x then …`: a word of the expression around the bracket. */
  #isPartAround(open: T.ArcToken, token: T.ArcToken): boolean {
    const opening = PART_OF.get(token.tokenType)
    if (opening === undefined || open.tokenType === T.LCurly) return false
    const recent = this.#out.slice(-200)
    const at = recent.lastIndexOf(open)
    return at >= 0 && !recent.slice(at).some(({ tokenType }) => tokenType === opening)
  }

  #pass(token: T.ArcToken): void {
    const head = this.#stack.length === 0 ? this.#bareHead : undefined
    if (head !== undefined && head.end === undefined) {
      if (token.tokenType === T.Newline) this.#bareHead = { word: head.word, end: this.#out.length }
      if (token.tokenType === T.Equals) this.#bareHead = undefined
    }
    this.#out.push(token)
  }

  #open(token: T.ArcToken, i: number): void {
    const open = this.#stack.at(-1)
    const endsLine = token.tokenType === T.LCurly && this.#layout.endsLine(i)
    if (endsLine && open !== undefined && open.tokenType === T.LParen && this.#match.unclosed.has(open)) {
      if (this.#layout.lineOf(open) === this.#layout.lineOf(token)) this.#insertCloser()
    }
    if (token.tokenType === T.LCurly && this.#stack.length === 0 && this.#bareHead?.end === undefined)
      this.#bareHead = undefined
    this.#stack.push(token)
    this.#out.push(token)
  }

  #close(token: T.ArcToken, i: number): void {
    if (token.tokenType === T.RCurly && this.#extraBraces > 0 && this.#isStray(token, i)) {
      this.#extraBraces -= 1
      this.#drop(token)
      return
    }
    const at = openerFor(this.#stack, token)
    if (at < 0) {
      this.#closeNothing(token)
      return
    }
    while (this.#stack.length > at + 1) this.#insertCloser()
    if (token.tokenType !== T.StringMiddle) this.#stack.pop()
    this.#out.push(token)
  }

  /** A brace that is indented further than the block it would close. */
  #isStray(token: T.ArcToken, i: number): boolean {
    const open = this.#stack.findLast((t) => t.tokenType === T.LCurly)
    return open !== undefined && this.#layout.beginsLine(i) && this.#layout.isIndentedMore(token, open)
  }

  #closeNothing(token: T.ArcToken): void {
    const open = this.#stack.at(-1)
    const wanted = open === undefined ? undefined : CLOSER_OF.get(open.tokenType)
    const image = wanted === undefined ? undefined : IMAGES.get(wanted)
    if (open !== undefined && wanted !== undefined && image !== undefined && open.tokenType !== T.LCurly) {
      this.#closeBy(open, token, wanted)
      return
    }
    const head = this.#bareHead
    if (token.tokenType === T.RCurly && open === undefined && head?.end !== undefined) {
      this.#insertOpener(head.word.image, head.word, head.end)
      this.#out.push(token)
    } else if (token.tokenType === T.RCurly && open === undefined && this.#insertHead()) this.#out.push(token)
    else if (open?.tokenType === T.LCurly && this.#openBraces > 0 && token.tokenType !== T.RCurly) {
      this.#openBraces -= 1
      this.#closeBy(open, token, T.RCurly)
    } else this.#drop(token)
  }

  /** Reads a closing bracket as the one that `open` needs. */
  #closeBy(open: T.ArcToken, token: T.ArcToken, wanted: TokenType): void {
    const image = IMAGES.get(wanted) ?? ''
    const span = this.#spanOf(token)
    const related = [{ span: this.#spanOf(open), message: 'opened here' }]
    const fix = { message: `write \`${image}\``, span, replacement: image }
    this.#report(grammarError('ARC1103', { open: open.image, close: token.image }, span, { related, fix }))
    this.#stack.pop()
    this.#out.push(T.makeToken(wanted, token.image, token.startOffset))
  }

  /** `end` on a line of its own, where a brace is missing. */
  #isEndWord(token: T.ArcToken, i: number): boolean {
    const isAlone = this.#layout.beginsLine(i) && this.#layout.endsLine(i)
    return token.image === 'end' && isAlone && this.#openBraces > 0 && this.#stack.at(-1)?.tokenType === T.LCurly
  }

  #closeByWord(token: T.ArcToken): void {
    const open = this.#stack.at(-1)
    if (open === undefined) return
    this.#openBraces -= 1
    this.#closeBy(open, token, T.RCurly)
  }

  /** A line with only a name above deeper lines, and a brace that closes nothing: `train` without its `{`. */
  #isBareSection(i: number): boolean {
    if (this.#extraBraces === 0 || this.#stack.length === 0 || !this.#layout.isBareName(i)) return false
    this.#extraBraces -= 1
    return true
  }

  /** Adds the missing brace after the head of a declaration or a section. */
  #insertOpener(what: string, word: T.ArcToken, end: number): void {
    if (what === 'section') this.#stack.push(T.makeToken(T.LCurly, '', T.tokenEnd(word)))
    else this.#bareHead = undefined
    const at = T.tokenEnd(this.#out[end - 1] ?? word)
    const span = { source: this.#source, start: at, end: at }
    const fix = { message: 'add `{`', span, replacement: ' {' }
    this.#report(grammarError('ARC1104', { what }, span, { fix }))
    this.#out.splice(end, 0, T.makeToken(T.LCurly, '', at))
  }

  /** Fields of an experiment outside of it, and a brace after them: their head is missing. Searched for among few mistakes only. */
  #insertHead(): boolean {
    if (this.#reports > 3) return false
    const at = entriesBefore(this.#out)
    const first = this.#out[at]
    if (first === undefined) return false
    const start = this.#source.text.lastIndexOf('\n', first.startOffset - 1) + 1
    const span = { source: this.#source, start, end: start }
    const fix = { message: 'add it, with a name', span, replacement: 'experiment my_experiment {\n' }
    this.#report(grammarError('ARC1105', {}, this.#spanOf(first), { fix }))
    const head = [T.Experiment, T.Identifier, T.LCurly].map((type) => T.makeToken(type, '', first.startOffset))
    this.#out.splice(at, 0, ...head)
    return true
  }

  #drop(token: T.ArcToken): void {
    const span = this.#spanOf(token)
    const fix = { message: 'drop it', span, replacement: '' }
    this.#report(grammarError('ARC1102', { close: token.image }, span, { fix }))
  }

  /** Closes the innermost bracket after the last token that is not a line break. */
  #insertCloser(): void {
    const open = this.#stack.pop()
    const closer = open === undefined ? undefined : CLOSER_OF.get(open.tokenType)
    const image = closer === undefined ? undefined : IMAGES.get(closer)
    if (open === undefined || closer === undefined) return
    const last = this.#out.findLast((t) => t.tokenType !== T.Newline) ?? open
    const end = T.tokenEnd(last)
    const newlines = this.#out.length - 1 - this.#out.lastIndexOf(last)
    this.#out.splice(this.#out.length - newlines, 0, T.makeToken(closer, '', end))
    if (image === undefined) return
    const at = { source: this.#source, start: end, end }
    const isBlock = open.tokenType === T.LCurly && this.#layout.lineOf(open) !== this.#layout.lineOf(last)
    const isOnOneLine = open.tokenType === T.LCurly && !isBlock && last !== open
    const indent = ' '.repeat(this.#layout.lineOf(open).indent)
    this.#report(
      grammarError('ARC1101', { open: open.image }, this.#spanOf(open), {
        label: 'opened here',
        related: [{ span: at, message: `expected \`${image}\` here at the latest` }],
        ...this.#missingCloser(image, at, isBlock ? `\n${indent}` : isOnOneLine ? ' ' : ''),
      }),
    )
  }

  /** The fix for a missing bracket. `conv(16 // 2)` has none: the comment, which was meant as a division, contains it. */
  #missingCloser(image: string, at: Span, lead: string): Extras {
    if (this.#isCutShort()) return { notes: ['the line ends within an argument'] }
    const [comment] = /^[ \t]*\/\/(?!\/)[ \t]*\w[^\n]*/.exec(this.#source.text.slice(at.end, at.end + 400)) ?? []
    if (lead !== '' || comment === undefined || !comment.includes(image))
      return { fix: { message: `add \`${image}\``, span: at, replacement: lead + image } }
    return quotientExtras(this.#source, at.end + comment.indexOf('//'))
  }

  /** `sgd(lr: 0.1, momen`: a name without a value behind arguments with names. The closing bracket has been written. */
  #isCutShort(): boolean {
    const written = this.#out.slice(-40).filter((token) => token.tokenType !== T.Newline)
    const [comma, name] = written.slice(-3)
    if (comma?.tokenType !== T.Comma || name === undefined || !T.isName(name)) return false
    const named = written.slice(0, -3).findLast(({ tokenType }) => [T.Colon, T.LParen, T.LBracket].includes(tokenType))
    return named?.tokenType === T.Colon
  }

  #report(diagnostic: Diagnostic): void {
    this.#reports += 1
    if (this.#reports <= MAX_REPORTS) this.#bag.add(diagnostic)
  }

  #spanOf(token: T.ArcToken) {
    return { source: this.#source, start: token.startOffset, end: T.tokenEnd(token) }
  }
}
