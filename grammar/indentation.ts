/**
 * Habits of YAML and TOML: sections opened by `name:` and an indented block, headings in brackets, and lists of lines with dashes.
 * Each is reported once, at its sign, and read as what it means. A text without them is returned as it is.
 */
import { bug, type DiagnosticBag } from './diagnostic.ts'
import type { Tokens } from './layout.ts'
import { grammarError } from './messages.ts'
import { lineStarts, positionAt, type SourceFile } from './source.ts'
import * as T from './tokens.ts'

/** Lines that may be such a habit; most texts have none. */
const SUSPICIOUS =
  /^[ \t]*(?:(?:fn|block|backbone)\b[^\n]*:[ \t]*(?:\/\/.*|#.*)?\r?|[\w.\- ]*\w[ \t]*:[ \t]*(?:\/\/.*|#.*)?\r?|\[[\w.]+\][ \t]*\r?|-[ \t].*)$/m

interface Line {
  readonly tokens: Tokens
  readonly indent: number
}

/** Returns the tokens as `.arc` would write them; inserted ones have no width. */
export function readIndentation(source: SourceFile, tokens: Tokens, bag: DiagnosticBag): Tokens {
  if (!SUSPICIOUS.test(source.text)) return tokens
  return new Reading(source, tokens, bag).run()
}

function linesOf(source: SourceFile, tokens: Tokens): readonly Line[] {
  const lines: Line[] = []
  let line: T.ArcToken[] = []
  const end = () => {
    const [first] = line
    if (first === undefined) return
    const start = lineStarts(source)[positionAt(source, first.startOffset).line - 1] ?? 0
    lines.push({ tokens: line, indent: first.startOffset - start })
    line = []
  }
  for (const token of tokens)
    if (token.tokenType === T.Newline) end()
    else line.push(token)
  end()
  return lines
}

/** `train`, `train.inner`, `experiment faces`, and nothing else. */
const isHead = (tokens: Tokens): boolean =>
  tokens.length > 0 && tokens.every((token) => T.isName(token) || token.tokenType === T.Dot)

/** `block stage(x: Image) -> Image`, as the head of a function of Python. */
const isFunctionHead = ([first, ...rest]: Tokens): boolean =>
  (first?.tokenType === T.Fn || first?.tokenType === T.Block || first?.tokenType === T.Backbone) && rest.length > 0

class Reading {
  readonly #source: SourceFile
  readonly #tokens: Tokens
  readonly #bag: DiagnosticBag
  readonly #lines: readonly Line[]
  /** Tokens that replace one; none drops it. */
  readonly #instead = new Map<T.ArcToken, Tokens>()
  /** Tokens after one. */
  readonly #after = new Map<T.ArcToken, T.ArcToken[]>()
  /** Braces that close nothing: a section may end with one of them. */
  #extraBraces: number

  constructor(source: SourceFile, tokens: Tokens, bag: DiagnosticBag) {
    this.#source = source
    this.#tokens = tokens
    this.#bag = bag
    this.#lines = linesOf(source, tokens)
    const count = (type: typeof T.LCurly) => tokens.filter((token) => token.tokenType === type).length
    this.#extraBraces = count(T.RCurly) - count(T.LCurly)
  }

  run(): Tokens {
    for (const at of this.#lines.keys()) this.#readLine(at)
    if (this.#instead.size === 0) return this.#tokens
    return this.#tokens.flatMap((token) => [
      ...(this.#instead.get(token) ?? [token]),
      ...(this.#after.get(token) ?? []),
    ])
  }

  #readLine(at: number): void {
    const line = this.#lines[at]
    const next = this.#lines[at + 1]
    const last = line?.tokens.at(-1)
    if (line === undefined || next === undefined || last === undefined) return
    const head = line.tokens.slice(0, -1)
    const isDeeper = next.indent > line.indent
    const isSign = last.tokenType === T.Colon || last.tokenType === T.Equals
    if (isSign && this.#isDash(next) && next.indent >= line.indent && isHead(head)) this.#readList(at, last)
    else if (last.tokenType === T.Colon && isDeeper && isHead(head)) this.#readSection(at, head, last)
    else if (last.tokenType === T.Colon && isDeeper && isFunctionHead(head))
      this.#readSection(at, head.slice(0, 2), last)
    else if (last.tokenType === T.RBracket && line.tokens[0]?.tokenType === T.LBracket) this.#readHeading(at, line)
  }

  /** `- item`, with a space. */
  #isDash({ tokens: [dash, item] }: Line): boolean {
    if (dash?.tokenType !== T.Minus || item === undefined) return false
    return item.startOffset > T.tokenEnd(dash) && item.tokenType !== T.Minus
  }

  /** The last line of the block below a line: those that are indented further, or up to `isEnd`. */
  #blockEnd(at: number, isEnd: (line: Line) => boolean): number {
    let last = at
    for (let k = at + 1; k < this.#lines.length; k++) {
      const line = this.#lines[k]
      if (line === undefined || isEnd(line)) break
      last = k
    }
    return last
  }

  #readList(at: number, sign: T.ArcToken): void {
    const first = this.#lines[at + 1]
    if (first === undefined) return
    const last = this.#blockEnd(at, (line) => line.indent !== first.indent || !this.#isDash(line))
    // `x =` and one line with a minus is a negative value.
    if (sign.tokenType === T.Equals && last === at + 1) return
    const items = this.#lines.slice(at + 1, last + 1)
    const dashes = items.map((line) => line.tokens[0] ?? bug('an item without a dash'))
    const texts = items.map((line) => this.#textOf(line.tokens.slice(1)))
    const end = items.at(-1)?.tokens.at(-1) ?? sign
    for (const [index, dash] of dashes.entries())
      this.#instead.set(dash, index === 0 ? [] : [T.makeToken(T.Comma, dash.image, dash.startOffset)])
    const open = T.makeToken(T.LBracket, '', T.tokenEnd(sign))
    this.#instead.set(sign, [T.makeToken(T.Equals, sign.image, sign.startOffset), open])
    this.#close(end, T.RBracket)
    const [dash = sign] = dashes
    const name = this.#textOf(this.#lines[at]?.tokens.slice(0, -1) ?? [])
    const span = { source: this.#source, start: sign.startOffset, end: T.tokenEnd(end) }
    const space = sign.tokenType === T.Colon ? ' ' : ''
    const fix = { message: 'write a list', span, replacement: `${space}= [${texts.join(', ')}]` }
    const place = { source: this.#source, start: dash.startOffset, end: T.tokenEnd(dash) }
    this.#bag.add(grammarError('ARC1290', { name }, place, { fix }))
  }

  #readSection(at: number, head: Tokens, colon: T.ArcToken): void {
    const indent = this.#lines[at]?.indent ?? 0
    const last = this.#blockEnd(at, (line) => line.indent <= indent)
    this.#instead.set(colon, [T.makeToken(T.LCurly, colon.image, colon.startOffset)])
    this.#reportSection(at, last, head, colon.startOffset, ' {')
  }

  /** `[train]` above fields. */
  #readHeading(at: number, line: Line): void {
    const [open, ...rest] = line.tokens
    const head = rest.slice(0, -1)
    const close = rest.at(-1)
    const isField = (k: number) => this.#lines[k]?.tokens.some((token) => token.tokenType === T.Equals) === true
    if (open === undefined || close === undefined || !isHead(head) || !isField(at + 1)) return
    const isEnd = ({ tokens: [first], indent }: Line) =>
      first?.tokenType === T.RCurly || first?.tokenType === T.LBracket || indent < line.indent
    const last = this.#blockEnd(at, isEnd)
    this.#instead.set(open, [])
    this.#instead.set(close, [T.makeToken(T.LCurly, close.image, close.startOffset)])
    this.#reportSection(at, last, head, open.startOffset, `${this.#textOf(head)} {`)
  }

  /** Reports a section, and closes it after its last line unless a brace that closes nothing follows. */
  #reportSection(at: number, last: number, head: Tokens, start: number, opening: string): void {
    const sign = this.#lines[at]?.tokens.at(-1)
    const end = this.#lines[last]?.tokens.at(-1)
    if (sign === undefined || end === undefined) return
    const indent = this.#lines[at]?.indent ?? 0
    const next = this.#lines[last + 1]
    const hasBrace = this.#extraBraces > 0 && next?.tokens[0]?.tokenType === T.RCurly && next.indent === indent
    const span = { source: this.#source, start, end: hasBrace ? T.tokenEnd(sign) : T.tokenEnd(end) }
    const block = this.#source.text.slice(T.tokenEnd(sign), T.tokenEnd(end))
    const replacement = hasBrace ? opening : `${opening}${block}\n${' '.repeat(indent)}}`
    if (hasBrace) this.#extraBraces -= 1
    else this.#close(end, T.RCurly)
    const place = { source: this.#source, start, end: T.tokenEnd(sign) }
    const fix = { message: 'write braces', span, replacement }
    this.#bag.add(grammarError('ARC1289', { name: this.#textOf(head) }, place, { fix }))
  }

  /** Inserts a closing bracket after a token; those of inner blocks come first. */
  #close(last: T.ArcToken, type: typeof T.RCurly): void {
    const closers = this.#after.get(last) ?? []
    this.#after.set(last, [T.makeToken(type, '', T.tokenEnd(last)), ...closers])
  }

  #textOf(tokens: Tokens): string {
    const [first] = tokens
    const last = tokens.at(-1)
    return first === undefined || last === undefined ? '' : this.#source.text.slice(first.startOffset, T.tokenEnd(last))
  }
}
