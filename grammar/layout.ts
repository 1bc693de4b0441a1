/** Lines and indentation of a token stream, from which `brackets.ts` decides where a missing bracket belongs. */
import { lineStarts, positionAt, type SourceFile } from './source.ts'
import * as T from './tokens.ts'

/** A token stream. */
export type Tokens = readonly T.ArcToken[]

export interface Line {
  readonly number: number
  /** Spaces before the first token; a tab counts as one. */
  readonly indent: number
}

/** Whether an entry with a value starts at `tokens[i]`: `name =` or `path.to.name =`. No value starts like this. */
export function beginsField(tokens: Tokens, i: number): boolean {
  let at = i
  for (;;) {
    const name = tokens[at]
    const next = tokens[at + 1]
    if (name === undefined || next === undefined || !T.isName(name)) return false
    if (next.tokenType === T.Equals) return true
    if (next.tokenType !== T.Dot) return false
    at += 2
  }
}

/** Whether a declaration starts at `tokens[i]`: `experiment name`, `test "title"`, `use std` …, as opposed to a name. */
export function beginsDeclaration(tokens: Tokens, i: number): boolean {
  const word = tokens[i]
  const next = tokens[i + 1]
  if (word === undefined || next === undefined || !T.beginsDeclaration(word)) return false
  return T.isName(next) || (word.tokenType === T.Test && next.tokenType === T.StringText)
}

/** Fields that only an experiment has. */
const EXPERIMENT_FIELDS: ReadonlySet<string> = new Set(['dataset', 'backbone', 'train', 'evaluate', 'centers'])

/** Where the entries of an experiment start that end balanced tokens without its head; -1 if there are none. */
export function entriesBefore(tokens: Tokens): number {
  let [depth, first, isExperiment] = [0, -1, false]
  for (let i = tokens.length - 1; i >= 0; i--) {
    const type = tokens[i]?.tokenType
    if (type === T.RCurly || type === T.RParen || type === T.RBracket || type === T.StringTail) depth += 1
    if (type === T.LCurly || type === T.LParen || type === T.LBracket || type === T.StringHead) depth -= 1
    const beginsLine = type !== T.Newline && (i === 0 || tokens[i - 1]?.tokenType === T.Newline)
    if (depth !== 0 || !beginsLine) continue
    const isSection = tokens[i + 1]?.tokenType === T.LCurly
    if (!beginsField(tokens, i) && !isSection && type !== T.Require) break
    isExperiment ||= EXPERIMENT_FIELDS.has(tokens[i]?.image ?? '')
    first = i
  }
  return isExperiment ? first : -1
}

export class Layout {
  readonly #source: SourceFile
  readonly #tokens: Tokens
  readonly #lines = new Map<number, Line>()
  readonly #indices: ReadonlyMap<T.ArcToken, number>

  constructor(source: SourceFile, tokens: Tokens) {
    this.#source = source
    this.#tokens = tokens
    this.#indices = new Map(tokens.map((token, i) => [token, i]))
  }

  lineOf(token: T.ArcToken): Line {
    const { line: number } = positionAt(this.#source, token.startOffset)
    let line = this.#lines.get(number)
    if (line === undefined) {
      const start = lineStarts(this.#source)[number - 1] ?? 0
      const indent = /^[ \t\u00a0\ufeff]*/.exec(this.#source.text.slice(start, start + 400))?.[0].length ?? 0
      line = { number, indent }
      this.#lines.set(number, line)
    }
    return line
  }

  /** Whether `tokens[i]` is the first of its line. */
  beginsLine(i: number): boolean {
    return this.#tokens[i]?.tokenType !== T.Newline && (i === 0 || this.#tokens[i - 1]?.tokenType === T.Newline)
  }

  endsLine(i: number): boolean {
    const next = this.#tokens[i + 1]
    return next === undefined || next.tokenType === T.Newline
  }

  isFieldStart(i: number): boolean {
    return beginsField(this.#tokens, i)
  }

  /** Whether `tokens[i]` is a name, alone on its line, and the next line is indented further. */
  isBareName(i: number): boolean {
    const name = this.#tokens[i]
    if (name === undefined || !T.isName(name) || !this.beginsLine(i) || !this.endsLine(i)) return false
    let next = i + 1
    while (this.#tokens[next]?.tokenType === T.Newline) next += 1
    const below = this.#tokens[next]
    return below !== undefined && this.isIndentedMore(below, name)
  }

  isDeclarationStart(i: number): boolean {
    return beginsDeclaration(this.#tokens, i)
  }

  /** Whether a line starts that cannot continue `last` inside parentheses. */
  isItemStart(i: number, last: T.ArcToken | undefined): boolean {
    const before = last?.tokenType === T.Newline ? this.#lastOnEarlierLine(i) : last
    if (before === undefined || before.tokenType === T.Comma || before.tokenType === T.LParen) return false
    if (before.tokenType === T.LBracket) return false
    const word = this.#tokens[i]?.tokenType
    return beginsField(this.#tokens, i) || word === T.Let || this.isDeclarationStart(i)
  }

  #lastOnEarlierLine(i: number): T.ArcToken | undefined {
    for (let at = i - 1; at >= 0; at--) {
      const token = this.#tokens[at]
      if (token !== undefined && token.tokenType !== T.Newline) return token
    }
    return undefined
  }

  /** Whether a line is outside the block of several indented lines that `open` starts. */
  isOutdented(open: T.ArcToken, token: T.ArcToken): boolean {
    const outer = this.lineOf(open)
    let at = (this.#indices.get(open) ?? 0) + 1
    if (this.#tokens[at]?.tokenType !== T.Newline) return this.#isBelowOneLine(open, token)
    while (this.#tokens[at]?.tokenType === T.Newline) at += 1
    const inner = this.#tokens[at]
    if (inner === undefined || this.lineOf(inner).indent <= outer.indent) return false
    return this.lineOf(token).indent <= outer.indent
  }

  /** Whether a line does not go on with `name { a = 1, b = 2`, whose fields are all on one line. */
  #isBelowOneLine(open: T.ArcToken, token: T.ArcToken): boolean {
    const at = this.#indices.get(open) ?? 0
    if (!beginsField(this.#tokens, at + 1)) return false
    const last = this.#lastOnEarlierLine(this.#indices.get(token) ?? 0)
    if (last === undefined || last.tokenType === T.Comma || this.lineOf(last) !== this.lineOf(open)) return false
    return this.lineOf(token).indent <= this.lineOf(open).indent
  }

  isIndentedMore(token: T.ArcToken, than: T.ArcToken): boolean {
    return this.lineOf(token).indent > this.lineOf(than).indent && this.lineOf(token) !== this.lineOf(than)
  }
}
