/** Choices and comparisons as other languages write them: `a if c else b`, `c ? a : b`, `a is b`. Reported, and read. */
import type { IToken, TokenType } from 'chevrotain'
import { EOF } from 'chevrotain'
import type { Expr } from '../ast.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { LiteralRules } from './literals.ts'

export abstract class ChoiceRules extends LiteralRules {
  /** A choice within another one is part of the same mistake. */
  #choices = 0
  /** The `not` of `is not`, which belongs to the comparison. */
  protected readNot: IToken | undefined

  /** Always true: reads a word between two values as the operator that it means. */
  protected readWordOperator(): boolean {
    const word = this.LA(1)
    if (word.image !== 'is' || word.tokenType !== T.Identifier || this.#isOnNextLine()) return true
    const isNegated = this.at(T.Not, 2)
    const not = isNegated ? this.LA(2) : undefined
    const right = isNegated ? '!=' : '=='
    const span = this.span(word.startOffset, T.tokenEnd(not ?? word))
    const found = isNegated ? 'is not' : 'is'
    const fix = { message: `write \`${right}\``, span, replacement: right }
    this.report(grammarError('ARC1005', { found, right }, span, { fix }))
    this.retype(word, isNegated ? T.NotEqual : T.EqualEqual)
    this.readNot = not
    return true
  }

  #isOnNextLine(): boolean {
    return this.textBetween(this.end, this.start).includes('\n')
  }

  /** Whether a value is followed by `if … else …` or `? … : …`. */
  protected choiceAhead(): boolean {
    if (this.at(T.If)) return !this.#isOnNextLine() && this.#isAhead(T.Else)
    return this.at(T.Question) && !this.at(T.Dot, 2) && !this.at(T.Question, 2) && this.#isAhead(T.Colon)
  }

  /** Whether a token follows before the end of the item. */
  #isAhead(type: TokenType): boolean {
    const { depth } = this.LA(1) as T.ArcToken
    for (let k = 2; k < 80; k++) {
      const next = this.LA(k) as T.ArcToken
      if (next.tokenType === EOF || next.depth < depth) return false
      if (next.depth > depth) continue
      if (next.tokenType === type) return true
      if (next.tokenType === T.Newline || next.tokenType === T.Comma) return false
    }
    return false
  }

  /** What follows the value that starts at an offset. */
  protected readonly choice = this.RULE('choice', (first: Expr, start: number): Expr => {
    const [before, sign] = [{ expr: first, text: this.textBetween(start, this.end) }, this.LA(1)]
    let [middle, last] = [before, before]
    this.#choices += 1
    try {
      this.OR([{ ALT: () => this.CONSUME(T.If) }, { ALT: () => this.CONSUME(T.Question) }])
      middle = this.part(1)
      this.OR2([{ ALT: () => this.CONSUME(T.Else) }, { ALT: () => this.CONSUME(T.Colon) }])
      last = this.part(2)
    } finally {
      this.#choices -= 1
    }
    return this.ACTION(() => {
      const isPython = sign.tokenType === T.If
      const [tested, chosen] = isPython ? [middle, before] : [before, middle]
      const span = this.from(start)
      const replacement = `if ${tested.text} then ${chosen.text} else ${last.text}`
      const params = { what: 'a choice', right: 'if … then … else …', found: isPython ? '… if … else …' : '… ? … : …' }
      const isPlain = !/\?|\bif\b/.test(before.text + middle.text + last.text)
      const fix = isPlain ? { fix: { message: `write \`${replacement}\``, span, replacement } } : {}
      if (this.#choices === 0) this.report(grammarError('ARC1203', params, this.tokenSpan(sign), fix))
      const [condition, then, otherwise] = [tested.expr, chosen.expr, last.expr]
      return { kind: 'If', condition, then, otherwise, span }
    })
  })

  private part(index: number): { readonly expr: Expr; readonly text: string } {
    const start = this.start
    const expr = this.subrule(index, this.expression)
    return { expr, text: this.textBetween(start, this.end) }
  }

  /** `x?.channels`: reported, and read as `x.channels`. */
  protected optionalMemberAhead(): boolean {
    const [sign, dot] = [this.LA(1), this.LA(2)]
    return sign.tokenType === T.Question && dot.tokenType === T.Dot && T.tokenEnd(sign) === dot.startOffset
  }

  protected refuseOptionalMember(sign: IToken): void {
    this.ACTION(() => {
      const span = this.span(sign.startOffset, sign.startOffset + 2)
      const fix = { message: 'write `.`', span, replacement: '.' }
      this.report(grammarError('ARC1005', { found: '?.', right: '.' }, span, { fix }))
    })
  }
}
