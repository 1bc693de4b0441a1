/** Types: `int`, `[int]`, `int?`, `Image(112, 112, 3)`. */
import type { IToken } from 'chevrotain'
import type { Ident, TypeNode } from '../ast.ts'
import { grammarError } from '../messages.ts'
import { textOf } from '../source.ts'
import * as T from '../tokens.ts'
import { EnclosedRules } from './enclosed.ts'

export abstract class TypeRules extends EnclosedRules {
  /** A name where one is declared or set; `sample-rate` and `"batch"` are reported and read as names. */
  protected readonly writtenName = this.RULE(
    'writtenName',
    (): Ident =>
      this.OR<Ident>({
        DEF: [
          {
            ALT: () => {
              const parts = [this.SUBRULE(this.identifier)]
              this.MANY({
                GATE: () => this.dashAhead(),
                DEF: () => {
                  this.CONSUME(T.Minus)
                  parts.push(this.SUBRULE2(this.identifier))
                },
              })
              return this.ACTION(() => this.withoutDashes(parts))
            },
          },
          { ALT: () => this.withoutQuotes(this.CONSUME(T.StringText)) },
        ],
        ERR_MSG: 'a name',
      }),
  )

  /** A minus between two words, without spaces. */
  private dashAhead(): boolean {
    const [minus, word] = [this.LA(1), this.LA(2)]
    const touches = minus.startOffset === this.end && word.startOffset === this.end + 1
    return touches && minus.tokenType === T.Minus && T.isName(word)
  }

  private withoutDashes(parts: readonly Ident[]): Ident {
    const [first, ...rest] = parts
    const last = rest.at(-1)
    if (first === undefined || last === undefined) return first ?? this.ident(this.LA(0))
    const text = parts.map((part) => part.text).join('_')
    const span = this.span(first.span.start, last.span.end)
    const fix = { message: `write \`${text}\``, span, replacement: text }
    this.report(grammarError('ARC1288', { name: text, sign: '-' }, this.span(first.span.end, last.span.end), { fix }))
    return { kind: 'Ident', text, span }
  }

  /** `"epochs": 2` has quotes and a colon of JSON: one report for both. */
  private withoutQuotes(token: IToken): Ident {
    const span = this.tokenSpan(token)
    const colon = this.at(T.Colon) ? this.LA(1) : undefined
    const opens = this.at(T.LCurly, 2)
    const text = token.image
      .slice(1, -1)
      .replace(/\W+/g, '_')
      .replace(/^(?=\d)|^$/, '_')
    this.ACTION(() => {
      const right = colon === undefined || opens ? text : `${text} =`
      const whole = colon === undefined ? span : this.span(span.start, T.tokenEnd(colon))
      const fix = { message: `write \`${right}\``, span: whole, replacement: right }
      this.reportedColon = colon
      this.report(grammarError('ARC1287', { name: text }, span, { fix }))
    })
    return { kind: 'Ident', text, span }
  }

  protected override readonly type = this.RULE('type', (): TypeNode => {
    const start = this.start
    let type = this.nested(() =>
      this.OR<TypeNode>({
        DEF: [{ ALT: () => this.SUBRULE(this.listType) }, { ALT: () => this.SUBRULE(this.namedType) }],
        ERR_MSG: 'a type',
      }),
    )
    this.MANY({
      GATE: () => this.at(T.Question) || (this.at(T.LBracket) && this.at(T.RBracket, 2) && this.start === this.end),
      DEF: () => {
        type = this.OR2<TypeNode>([
          {
            ALT: () => {
              this.CONSUME(T.Question)
              return { kind: 'OptionalType', inner: type, span: this.from(start) }
            },
          },
          { ALT: () => this.SUBRULE(this.brackets, { ARGS: [type] }) },
        ])
      },
    })
    return type
  })

  /** The brackets of `int[]`. */
  private readonly brackets = this.RULE('brackets', (element: TypeNode): TypeNode => {
    const open = this.CONSUME(T.LBracket)
    this.CONSUME(T.RBracket)
    return this.ACTION(() => {
      const span = this.from(element.span.start)
      const right = `[${textOf(element.span)}]`
      const fix = { message: `write \`${right}\``, span, replacement: right }
      this.report(grammarError('ARC1005', { found: textOf(span), right }, this.from(open.startOffset), { fix }))
      return { kind: 'ListType', element, span }
    })
  })

  private readonly listType = this.RULE('listType', (): TypeNode => {
    const start = this.start
    this.CONSUME(T.LBracket)
    const element = this.SUBRULE(this.type)
    this.CONSUME(T.RBracket)
    return { kind: 'ListType', element, span: this.from(start) }
  })

  private readonly namedType = this.RULE('namedType', (): TypeNode => {
    const start = this.start
    const name = this.SUBRULE(this.identifier)
    const element = this.OPTION5({
      GATE: () => this.elementAhead(name),
      DEF: () => this.SUBRULE(this.enclosedElement, { ARGS: [name] }),
    })
    if (element !== undefined && !this.RECORDING_PHASE) return element
    const sizes = this.OPTION4({ GATE: () => this.sizesAhead(), DEF: () => this.SUBRULE(this.enclosedSizes) })
    const given = this.ACTION(() => sizes) ?? []
    this.OPTION(() => {
      this.CONSUME(T.LParen)
      this.OPTION2({
        GATE: () => !this.at(T.RParen),
        DEF: () => {
          given.push(this.SUBRULE(this.expression))
          this.MANY({
            GATE: () => !this.at(T.RParen, 2),
            DEF: () => {
              this.CONSUME(T.Comma)
              given.push(this.SUBRULE2(this.expression))
            },
          })
          this.OPTION3(() => this.CONSUME2(T.Comma))
        },
      })
      this.CONSUME(T.RParen, { ERR_MSG: 'a comma or `)`' })
    })
    return { kind: 'NamedType', name, arguments: given, span: this.from(start) }
  })
}
