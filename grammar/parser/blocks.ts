/** Braces inside expressions: blocks with their `let`s, and records. */
import { EOF, type IToken, type ParserMethod } from 'chevrotain'
import type { BlockExpr, Entry, Expr, LetDecl, RecordExpr, RecordField, RequireEntry, SectionExpr } from '../ast.ts'
import { foreignType } from '../foreign-types.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { ExpressionRules } from './expressions.ts'

export abstract class BlockRules extends ExpressionRules {
  protected abstract readonly entries: ParserMethod<[], Entry[]>

  /** `{ let a = …`, `require a > 0` and a value as the last line `}` */
  protected readonly block = this.RULE('block', (): BlockExpr => {
    const start = this.start
    const lets: LetDecl[] = []
    const requires: RequireEntry[] = []
    const values: Expr[] = []
    const before = this.reports
    this.CONSUME(T.LCurly)
    this.items(() => {
      this.ACTION(() => this.refuseDeclaration())
      this.OR({
        DEF: [
          { ALT: () => lets.push(this.SUBRULE(this.let)) },
          { GATE: () => this.conditionAhead(), ALT: () => requires.push(this.SUBRULE(this.requirement)) },
          { GATE: () => this.wordBindingAhead(), ALT: () => lets.push(this.SUBRULE(this.wordBinding)) },
          { GATE: () => this.bindingAhead(), ALT: () => lets.push(this.SUBRULE(this.bareBinding)) },
          { ALT: () => values.push(this.SUBRULE(this.expression)) },
        ],
        ERR_MSG: 'a value',
      })
    })
    this.CONSUME(T.RCurly)
    const span = this.from(start)
    return this.ACTION(() => {
      for (const early of values.slice(0, -1))
        this.report(grammarError('ARC1215', {}, early.span, { label: 'this value is not used' }))
      const value = values.at(-1)
      if (value !== undefined) return { kind: 'Block', lets, requires, value, span }
      const end = this.span(span.end - 1, span.end)
      if (this.reports === before)
        this.report(grammarError('ARC1214', { what: 'block' }, end, { label: 'expected a value before this' }))
      return { kind: 'Block', lets, requires, value: this.errorExpr(this.span(end.start, end.start)), span }
    })
  })

  /** `margin arcface {` among entries or in a block: most likely a missing brace before it, or a missing `=`. */
  protected refuseDeclaration(): void {
    const word = this.LA(1)
    if (!T.beginsDeclaration(word) || this.at(T.Let)) return
    if (this.at(T.Use) && (this.nameAt(2) || this.at(T.StringText, 2)))
      this.stop(
        grammarError('ARC1222', { word: word.image }, this.tokenSpan(word), { notes: ['put it above this block'] }),
      )
    if (!this.nameAt(2)) return
    const opens = this.LA(3).tokenType
    if (opens !== T.LCurly && opens !== T.LParen && opens !== T.Extends) return
    const span = this.tokenSpan(word)
    const isField = opens === T.LParen && !this.bodyAhead()
    const notes = isField ? [`for a field, write \`${word.image} = ${this.LA(2).image}…\``] : []
    this.stop(grammarError('ARC1222', { word: word.image }, span, { notes }))
  }

  /** Whether a body or a type follows the parentheses of `fn name(…)`. */
  private bodyAhead(): boolean {
    const { depth } = this.LA(3) as T.ArcToken
    for (let k = 4; k < 400; k++) {
      const next = this.LA(k) as T.ArcToken
      if (next.tokenType === EOF) return false
      if (next.tokenType !== T.RParen || next.depth !== depth) continue
      return [T.LCurly, T.Equals, T.Arrow, T.On].some((token) => this.at(token, k + 1))
    }
    return false
  }

  /** `require m > 0`; a sign after the word is reported and left out. */
  protected readonly requirement = this.RULE('requirement', (): RequireEntry => {
    const start = this.start
    this.CONSUME(T.Require)
    this.OPTION(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(T.Equals) }, { ALT: () => this.CONSUME(T.Colon) }])
      this.ACTION(() => this.refuseSign(sign, 'require'))
    })
    const condition = this.SUBRULE(this.expression)
    return { kind: 'Require', condition, span: this.from(start) }
  })

  protected refuseSign(sign: IToken, after: string): void {
    const span = this.tokenSpan(sign)
    const fix = { message: 'remove it', span: { ...span, start: this.tokenSpan(this.LA(-1)).end }, replacement: '' }
    this.report(grammarError('ARC1286', { text: sign.image, after }, span, { fix }))
  }

  /** Whether `require` begins a condition here: otherwise it is a name. */
  private conditionAhead(): boolean {
    const opens = [T.NumberToken, T.LParen, T.Not, T.Minus, T.True, T.False]
    return this.at(T.Require) && (this.nameAt(2) || opens.some((token) => this.at(token, 2)))
  }

  /** The body of a function or a method: a block, or `= value`. */
  protected readonly body = this.RULE(
    'body',
    (): Expr =>
      this.OR<Expr>([
        { ALT: () => this.SUBRULE(this.block) },
        {
          ALT: () => {
            this.CONSUME(T.Equals)
            return this.recovering(
              () => this.SUBRULE(this.expression),
              (start) => this.errorFrom(start),
            )
          },
        },
      ]),
  )

  private bindingAhead(): boolean {
    return this.nameAt(1) && this.at(T.Equals, 2)
  }

  /** `a = 1` in a block: reported, and treated as if it had the missing `let`. */
  private readonly bareBinding = this.RULE('bareBinding', (): LetDecl => {
    const start = this.start
    const name = this.SUBRULE(this.identifier)
    this.ACTION(() => {
      // The sign has been reported by the lexer.
      if (/^[-+*/]=$/.test(this.LA(1).image)) return
      const fix = { message: 'add `let`', span: this.span(start, start), replacement: 'let ' }
      this.report(grammarError('ARC1213', { name: name.text }, name.span, { fix }))
    })
    const value = this.assignedValue('name', name.text)
    return { kind: 'Let', doc: undefined, name, type: undefined, value, span: this.from(start) }
  })

  /** Two names and an equals sign on one line: `const a = 1`, `int a = 1`. */
  protected wordBindingAhead(): boolean {
    const isBinding = this.nameAt(1) && this.nameAt(2) && this.at(T.Equals, 3)
    return isBinding && !this.textBetween(this.start, this.LA(2).startOffset).includes('\n')
  }

  /** Reported, and read as a `let`. */
  protected readonly wordBinding = this.RULE('wordBinding', (): LetDecl => {
    const start = this.start
    const word = this.SUBRULE(this.identifier)
    const name = this.SUBRULE2(this.identifier)
    this.ACTION(() => {
      const type = ['int', 'float', 'bool', 'string'].includes(word.text) ? word.text : foreignType(word.text)
      const right = type === undefined ? `let ${name.text}` : `let ${name.text}: ${type}`
      const fix = { message: `write \`${right}\``, span: this.span(start, name.span.end), replacement: right }
      this.report(grammarError('ARC1213', { name: name.text }, word.span, { fix }))
    })
    const value = this.assignedValue('name', name.text)
    return { kind: 'Let', doc: undefined, name, type: undefined, value, span: this.from(start) }
  })

  protected readonly let = this.RULE('let', (): LetDecl => {
    const start = this.start
    const doc = this.docAt(start)
    this.CONSUME(T.Let)
    this.OPTION2({ GATE: () => this.mutableAhead(), DEF: () => this.refuseMutable(this.CONSUME(T.Identifier)) })
    const name = this.SUBRULE(this.identifier)
    const type = this.OPTION(() => {
      this.CONSUME(T.Colon)
      return this.SUBRULE(this.type)
    })
    const value = this.assignedValue('name', name.text, this.letValue)
    return { kind: 'Let', doc, name, type, value, span: this.from(start) }
  })

  /** `let mut x = 1` */
  private mutableAhead(): boolean {
    return /^(?:mut|mutable|var|const|rec|auto)$/.test(this.LA(1).image) && this.nameAt(2)
  }

  private refuseMutable(word: IToken): void {
    const span = this.tokenSpan(word)
    this.ACTION(() => {
      const fix = { message: 'remove it', span: this.span(span.start, this.start), replacement: '' }
      const params = { word: word.image, instead: 'every name keeps its value' }
      this.report(grammarError('ARC1224', params, span, { fix }))
    })
  }

  /** The value of a `let`: only there can a section be a value. */
  private readonly letValue = this.RULE(
    'letValue',
    (): Expr =>
      this.OR<Expr>({
        DEF: [
          { GATE: () => this.nameAt(1) && this.at(T.LCurly, 2), ALT: () => this.SUBRULE(this.sectionValue) },
          { ALT: () => this.SUBRULE(this.expression) },
        ],
        ERR_MSG: 'a value',
      }),
  )

  private readonly sectionValue = this.RULE('sectionValue', (): SectionExpr => {
    const start = this.start
    const name = this.SUBRULE(this.identifier)
    const entries = this.SUBRULE(this.entries)
    return { kind: 'SectionValue', name, entries, span: this.from(start) }
  })

  protected readonly record = this.RULE('record', (): RecordExpr => {
    const start = this.start
    const fields: RecordField[] = []
    this.CONSUME(T.LCurly)
    this.items(() => fields.push(this.SUBRULE(this.recordField)))
    this.CONSUME(T.RCurly)
    return { kind: 'Record', fields, span: this.from(start) }
  })

  private readonly recordField = this.RULE('recordField', (): RecordField => {
    const start = this.start
    const name = this.SUBRULE(this.identifier)
    const value = this.assignedValue('field', name.text)
    return { kind: 'RecordField', name, value, span: this.from(start) }
  })

  /**
   * `= value`. `:`, `==` or a missing `=` are reported and treated as `=`. An unreadable value is reported and becomes an
   * `ErrorExpr`, so that its field or name still exists.
   */
  protected assignedValue(what: 'name' | 'field', name: string, value = this.expression): Expr {
    const article = what === 'name' ? 'the value of a name' : 'a field'
    return this.recovering(
      () => {
        const sign = this.option(9, () =>
          this.or(9, [
            { ALT: () => this.consume(9, T.Equals) },
            { ALT: () => this.foreign(this.consume(9, T.Colon), article, '=') },
            { ALT: () => this.foreign(this.consume(9, T.EqualEqual), article, '=') },
          ]),
        )
        if (sign === undefined) this.missingAssign(what, name)
        return this.subrule(9, value)
      },
      (start) => this.errorFrom(start),
    )
  }

  private missingAssign(what: string, name: string): void {
    const at = this.span(this.end, this.end)
    const canFollow = !this.ending() && !this.at(T.LCurly) && !this.at(T.Dot)
    const fix = { message: 'add `=`', span: at, replacement: ' =' }
    const diagnostic = grammarError(
      'ARC1202',
      { name, what },
      at,
      canFollow ? { fix } : { label: 'expected `= value`' },
    )
    if (!canFollow) this.stop(diagnostic)
    this.report(diagnostic)
  }
}
