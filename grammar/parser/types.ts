/** Types: `int`, `[int]`, `int?`, `Image(112, 112, 3)`. */
import type { ParserMethod } from 'chevrotain'
import type { Expr, Ident, TypeNode } from '../ast.ts'
import * as T from '../tokens.ts'
import { ParserBase } from './base.ts'

export abstract class TypeRules extends ParserBase {
  protected abstract readonly expression: ParserMethod<[], Expr>

  protected readonly identifier = this.RULE('identifier', (): Ident => this.ident(this.CONSUME(T.Name)))

  protected readonly type = this.RULE('type', (): TypeNode => {
    const start = this.start
    let type = this.nested(() =>
      this.OR<TypeNode>({
        DEF: [{ ALT: () => this.SUBRULE(this.listType) }, { ALT: () => this.SUBRULE(this.namedType) }],
        ERR_MSG: 'a type',
      }),
    )
    this.MANY(() => {
      this.CONSUME(T.Question)
      type = { kind: 'OptionalType', inner: type, span: this.from(start) }
    })
    return type
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
    const given: Expr[] = []
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
