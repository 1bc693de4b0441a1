/** Arguments, sizes and type parameters in the brackets of other languages: `cpu{…}`, `Image[…]`, `list[int]`. Reported, and read. */
import type { IToken, ParserMethod } from 'chevrotain'
import type { Argument, Expr, Ident, TypeNode } from '../ast.ts'
import { grammarError } from '../messages.ts'
import { textOf } from '../source.ts'
import * as T from '../tokens.ts'
import { ParserBase } from './base.ts'

/** Types of other languages whose parameter follows in brackets, and whether a value of them may be absent. */
const GENERICS: ReadonlyMap<string, 'list' | 'optional'> = new Map([
  ...['list', 'List', 'Sequence', 'tuple', 'Tuple', 'array', 'Array'].map((word) => [word, 'list'] as const),
  ['Optional', 'optional'],
])

export abstract class EnclosedRules extends ParserBase {
  protected abstract readonly expression: ParserMethod<[], Expr>
  protected abstract readonly type: ParserMethod<[], TypeNode>

  protected readonly identifier = this.RULE('identifier', (): Ident => this.ident(this.CONSUME(T.Name)))

  protected namedAhead(): boolean {
    return this.nameAt(2) && (this.at(T.Colon, 3) || this.at(T.Equals, 3))
  }

  /** Whether a brace after a name is meant to open its arguments, and not a block. */
  protected bracesAhead(callee: Expr): boolean {
    const isName = callee.kind === 'Name' || callee.kind === 'Member'
    return isName && !this.inHead && (this.namedAhead() || this.start === this.end)
  }

  protected readonly enclosedArguments = this.RULE('enclosedArguments', (): Argument[] => {
    const start = this.start
    const given: Argument[] = []
    const open = this.SUBRULE(this.openingBracket)
    this.items(() => given.push(this.SUBRULE(this.enclosedArgument)))
    this.SUBRULE(this.closingBracket)
    this.ACTION(() => {
      const inner = given.map(({ name, value }) => (name === undefined ? '' : `${name.text}: `) + textOf(value.span))
      this.reportBrackets('a call', open, start, `(${inner.join(', ')})`)
    })
    return given
  })

  /** Its `=` is part of the same mistake. */
  private readonly enclosedArgument = this.RULE('enclosedArgument', (): Argument => {
    const start = this.start
    const name = this.OPTION({
      GATE: () => this.nameAt(1) && (this.at(T.Colon, 2) || this.at(T.Equals, 2)),
      DEF: () => {
        const named = this.SUBRULE(this.identifier)
        this.OR([{ ALT: () => this.CONSUME(T.Colon) }, { ALT: () => this.CONSUME(T.Equals) }])
        return named
      },
    })
    const value = this.SUBRULE(this.expression)
    return { kind: 'Argument', name, value, span: this.from(start) }
  })

  /** Whether other brackets than `( )` directly follow the name of a type with sizes. */
  protected sizesAhead(): boolean {
    const isBlock = this.at(T.LCurly) && !this.at(T.NumberToken, 2)
    return this.start === this.end && /^[A-Z]/.test(this.LA(0).image) && !isBlock
  }

  protected readonly enclosedSizes = this.RULE('enclosedSizes', (): Expr[] => {
    const start = this.start
    const given: Expr[] = []
    const open = this.SUBRULE(this.openingBracket)
    this.items(() => given.push(this.SUBRULE(this.expression)))
    this.SUBRULE(this.closingBracket)
    this.ACTION(() =>
      this.reportBrackets('a type', open, start, `(${given.map(({ span }) => textOf(span)).join(', ')})`),
    )
    return given
  })

  protected elementAhead({ text }: Ident): boolean {
    return this.at(T.LBracket) && GENERICS.has(text)
  }

  /** The `[int]` of `list[int]`. */
  protected readonly enclosedElement = this.RULE('enclosedElement', (generic: Ident): TypeNode => {
    const start = this.start
    this.CONSUME(T.LBracket)
    const element = this.SUBRULE(this.type)
    this.CONSUME(T.RBracket, { ERR_MSG: '`]`' })
    return this.ACTION(() => {
      const isOptional = GENERICS.get(generic.text) === 'optional'
      const right = isOptional ? `${textOf(element.span)}?` : `[${textOf(element.span)}]`
      const span = this.from(generic.span.start)
      const fix = { message: `write \`${right}\``, span, replacement: right }
      this.report(grammarError('ARC1005', { found: textOf(span), right }, this.from(start), { fix }))
      return isOptional ? { kind: 'OptionalType', inner: element, span } : { kind: 'ListType', element, span }
    })
  })

  private readonly openingBracket = this.RULE(
    'openingBracket',
    (): IToken => this.OR([{ ALT: () => this.CONSUME(T.LBracket) }, { ALT: () => this.CONSUME(T.LCurly) }]),
  )

  private readonly closingBracket = this.RULE('closingBracket', () => {
    this.OR([{ ALT: () => this.CONSUME(T.RBracket) }, { ALT: () => this.CONSUME(T.RCurly) }])
  })

  private reportBrackets(what: string, open: IToken, start: number, replacement: string): void {
    const span = this.from(start)
    const fix = { message: 'write `( )`', span, replacement }
    const found = open.tokenType === T.LCurly ? '`{ }`' : '`[ ]`'
    this.report(grammarError('ARC1285', { what, found }, span, { fix }))
  }
}
