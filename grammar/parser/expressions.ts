/** Expressions: prefix forms, chains of operators, calls, literals, records and blocks. */
import type { IToken, ParserMethod } from 'chevrotain'
import type { Argument, BlockExpr, Expr, Ident, IfExpr, RecordExpr, StringExpr } from '../ast.ts'
import { grammarError } from '../messages.ts'
import { didYouMean, nearest } from '../suggest.ts'
import * as T from '../tokens.ts'
import { ChoiceRules } from './choices.ts'
import { IF_NOTE } from './errors.ts'
import type { Operand } from './operators.ts'

/** `else if` in other languages. */
const ELSE_IF: ReadonlySet<string> = new Set(['elif', 'elseif', 'elsif'])

export abstract class ExpressionRules extends ChoiceRules {
  protected abstract readonly block: ParserMethod<[], BlockExpr>
  protected abstract readonly record: ParserMethod<[], RecordExpr>

  readonly expression = this.RULE(
    'expression',
    (): Expr =>
      this.nested(() =>
        this.OR<Expr>({
          DEF: [
            { ALT: () => this.SUBRULE(this.ifExpression) },
            { ALT: () => this.SUBRULE(this.forExpression) },
            {
              ALT: () => {
                const start = this.start
                const operands = [this.SUBRULE(this.operand)]
                const operators: T.ArcToken[] = []
                this.MANY({
                  GATE: () => this.readWordOperator(),
                  DEF: () => {
                    operators.push(this.CONSUME(T.BinaryOperator) as T.ArcToken)
                    operands.push(this.SUBRULE2(this.operand))
                  },
                })
                const value = this.ACTION(() => this.combine(operands, operators))
                const choice = this.OPTION({
                  GATE: () => this.choiceAhead(),
                  DEF: () => this.SUBRULE(this.choice, { ARGS: [value, start] }),
                })
                return choice ?? value
              },
            },
          ],
          ERR_MSG: 'a value',
        }),
      ),
  )

  private readonly ifExpression = this.RULE('ifExpression', (): IfExpr => {
    const start = this.start
    this.CONSUME(T.If)
    const rest = this.SUBRULE(this.ifBranches)
    return { ...rest, span: this.from(start) }
  })

  /** The condition and the branches; `:`, a missing `then` and `elif` are reported and understood. */
  private readonly ifBranches = this.RULE('ifBranches', (): IfExpr => {
    const start = this.start
    const compared = this.head(() => this.SUBRULE(this.expression))
    const other = this.OPTION2({ GATE: () => this.at(T.Equals), DEF: () => this.SUBRULE(this.assignedInCondition) })
    const condition = this.ACTION(() => (other === undefined ? compared : this.errorFrom(start)))
    this.SUBRULE(this.thenWord)
    const then = this.SUBRULE2(this.expression)
    const otherwise = this.OR<Expr>({
      DEF: [
        {
          GATE: () => ELSE_IF.has(this.LA(1).image),
          ALT: () => {
            const word = this.CONSUME(T.Identifier)
            this.ACTION(() => this.foreign(word, 'a further condition', 'else if'))
            return this.SUBRULE(this.ifBranches)
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.Else)
            const colon = this.OPTION(() => this.CONSUME(T.Colon))
            this.ACTION(() => this.refuseElseColon(colon))
            return this.SUBRULE3(this.expression)
          },
        },
      ],
      ERR_MSG: '`else`',
    })
    return { kind: 'If', condition, then, otherwise, span: this.from(start) }
  })

  private readonly thenWord = this.RULE('thenWord', () => {
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(T.Then) },
        { ALT: () => this.foreign(this.CONSUME(T.Colon), 'the first branch', 'then') },
        { GATE: () => this.isMeant('then'), ALT: () => this.misspelt(this.CONSUME(T.Identifier), 'then') },
        { GATE: () => this.at(T.LCurly), ALT: () => this.ACTION(() => this.missingThen()) },
      ],
      ERR_MSG: '`then`',
    })
  })

  /** `if a = b then` */
  private readonly assignedInCondition = this.RULE('assignedInCondition', (): Expr => {
    const span = this.tokenSpan(this.CONSUME(T.Equals))
    this.ACTION(() => {
      const fix = { message: 'write `==`', span, replacement: '==' }
      this.report(grammarError('ARC1005', { found: '=', right: '==' }, span, { fix }))
    })
    return this.SUBRULE(this.expression)
  })

  private missingThen(): void {
    const at = this.span(this.start, this.start)
    const fix = { message: 'add `then`', span: at, replacement: 'then ' }
    const span = this.span(this.start, this.start + 1)
    this.report(grammarError('ARC1201', { expected: '`then`', found: '`{`' }, span, { notes: [IF_NOTE], fix }))
  }

  /** `else:` of Python. */
  private refuseElseColon(colon: IToken | undefined): void {
    if (colon === undefined) return
    const span = this.tokenSpan(colon)
    const fix = { message: 'remove it', span, replacement: '' }
    this.report(grammarError('ARC1286', { text: ':', after: 'else' }, span, { fix }))
  }

  private readonly forExpression = this.RULE('forExpression', (): Expr => {
    const start = this.start
    this.CONSUME(T.For)
    const variable = this.SUBRULE(this.identifier)
    this.CONSUME(T.In)
    const items = this.head(() => this.SUBRULE(this.expression))
    const carry = this.OPTION({
      GATE: () => this.at(T.Carry) || this.isMeant('carry'),
      DEF: () => {
        this.OR([
          { ALT: () => this.CONSUME(T.Carry) },
          { ALT: () => this.misspelt(this.CONSUME(T.Identifier), 'carry') },
        ])
        const name = this.SUBRULE2(this.identifier)
        this.CONSUME(T.Equals)
        return { name, start: this.head(() => this.SUBRULE2(this.expression)) }
      },
    })
    const body = this.SUBRULE(this.block)
    return { kind: 'For', variable, items, carry, body, span: this.from(start) }
  })

  /** Whether the next word is most likely a misspelt keyword. */
  private isMeant(keyword: string): boolean {
    return this.at(T.Identifier) && nearest(this.LA(1).image, [keyword]) !== undefined
  }

  private misspelt(token: IToken, keyword: string): IToken {
    this.ACTION(() => {
      const span = this.tokenSpan(token)
      this.report(grammarError('ARC1005', { found: token.image, right: keyword }, span, didYouMean(keyword, span)))
    })
    return token
  }

  /** Prefix operators, a primary and its suffixes: calls, members, indices, a scope. */
  private readonly operand = this.RULE('operand', (): Operand => {
    const prefixes: T.ArcToken[] = []
    this.MANY(() => {
      const prefix = this.CONSUME(T.PrefixOperator) as T.ArcToken
      if (this.RECORDING_PHASE || prefix !== this.readNot) prefixes.push(prefix)
    })
    const start = this.start
    let expr = this.OR<Expr>({
      DEF: [
        { ALT: () => this.SUBRULE(this.number) },
        { ALT: () => this.SUBRULE(this.string) },
        { ALT: () => this.SUBRULE(this.boolean) },
        { ALT: () => this.nameValue(this.CONSUME(T.Name)) },
        { ALT: () => this.errorExpr(this.tokenSpan(this.CONSUME(T.Unreadable))) },
        { ALT: () => this.SUBRULE(this.list) },
        {
          ALT: () => {
            this.CONSUME(T.LParen)
            const inner = this.SUBRULE(this.expression)
            this.CONSUME(T.RParen)
            return inner
          },
        },
        { GATE: () => this.recordAhead(), ALT: () => this.SUBRULE(this.record) },
        { ALT: () => this.SUBRULE(this.block) },
      ],
      ERR_MSG: 'a value',
    })
    this.MANY2({
      GATE: () =>
        (!this.at(T.LCurly) || this.bracesAhead(expr)) && (!this.at(T.Question) || this.optionalMemberAhead()),
      DEF: () => {
        expr = this.OR2<Expr>([
          {
            ALT: () => {
              const given = this.SUBRULE(this.callArguments)
              return { kind: 'Call', callee: expr, arguments: given, scope: undefined, span: this.from(start) }
            },
          },
          {
            ALT: () => {
              this.OPTION3({
                GATE: () => this.optionalMemberAhead(),
                DEF: () => this.refuseOptionalMember(this.CONSUME(T.Question)),
              })
              this.CONSUME(T.Dot)
              const name = this.SUBRULE(this.identifier)
              return { kind: 'Member', object: expr, name, span: this.from(start) }
            },
          },
          {
            GATE: () => this.at(T.LCurly) || this.namedAhead(),
            ALT: () => {
              const given = this.SUBRULE(this.enclosedArguments)
              return { kind: 'Call', callee: expr, arguments: given, scope: undefined, span: this.from(start) }
            },
          },
          {
            ALT: () => {
              this.CONSUME(T.LBracket)
              const index = this.SUBRULE2(this.expression)
              this.CONSUME(T.RBracket)
              return { kind: 'Index', object: expr, index, span: this.from(start) }
            },
          },
        ])
      },
    })
    this.OPTION(() => {
      this.CONSUME(T.As)
      const scope = this.SUBRULE(this.scope)
      expr = this.ACTION(() => this.scoped(expr, scope, start))
    })
    const end = this.end
    const unit = this.OPTION2({ GATE: () => this.batchUnitAhead(), DEF: () => this.SUBRULE(this.batchUnit) })
    return { prefixes, expr, unit, start, end }
  })

  /** `per device` or `global` on the same line as the value before it, unless it is the name of the next field. */
  private batchUnitAhead(): boolean {
    const { image } = this.LA(1)
    const isUnit = image === 'per' ? this.nameAt(2) : image === 'global' && !this.at(T.Equals, 2)
    return isUnit && !this.textBetween(this.end, this.start).includes('\n')
  }

  private readonly batchUnit = this.RULE('batchUnit', (): Ident => {
    const first = this.CONSUME(T.Identifier)
    const second = this.OPTION({ GATE: () => first.image === 'per', DEF: () => this.CONSUME(T.Name) })
    const text = second === undefined ? first.image : `per ${second.image}`
    return { kind: 'Ident', text, span: this.from(first.startOffset) }
  })

  private readonly scope = this.RULE(
    'scope',
    (): StringExpr =>
      this.OR<StringExpr>({
        DEF: [
          {
            ALT: () => {
              const name = this.SUBRULE(this.identifier)
              return { kind: 'String', texts: [name.text], holes: [], span: name.span }
            },
          },
          { ALT: () => this.SUBRULE(this.string) },
        ],
        ERR_MSG: 'a name or a string',
      }),
  )

  private scoped(expr: Expr, scope: StringExpr, start: number): Expr {
    const span = this.from(start)
    if (expr.kind === 'Call' && expr.scope === undefined) return { ...expr, scope, span }
    if (expr.kind === 'Name' || expr.kind === 'Member')
      return { kind: 'Call', callee: expr, arguments: [], scope, span }
    this.report(grammarError('ARC1219', {}, span))
    return expr
  }

  private readonly list = this.RULE('list', (): Expr => {
    const start = this.start
    const items: Expr[] = []
    this.CONSUME(T.LBracket)
    this.OPTION({
      GATE: () => !this.at(T.RBracket),
      DEF: () => {
        items.push(this.SUBRULE(this.expression))
        this.MANY({
          GATE: () => !this.at(T.RBracket, 2),
          DEF: () => {
            this.CONSUME(T.Comma)
            items.push(this.SUBRULE2(this.expression))
          },
        })
        this.OPTION2(() => this.CONSUME2(T.Comma))
      },
    })
    this.CONSUME(T.RBracket, { ERR_MSG: 'a comma or `]`' })
    return { kind: 'List', items, span: this.from(start) }
  })

  private readonly callArguments = this.RULE('callArguments', (): Argument[] => {
    const given: Argument[] = []
    this.CONSUME(T.LParen)
    this.OPTION({
      GATE: () => !this.at(T.RParen),
      DEF: () => {
        given.push(this.SUBRULE(this.argument))
        this.MANY({
          GATE: () => !this.at(T.RParen, 2),
          DEF: () => {
            this.CONSUME(T.Comma)
            given.push(this.SUBRULE2(this.argument))
          },
        })
        this.OPTION2(() => this.CONSUME2(T.Comma))
      },
    })
    this.CONSUME(T.RParen, { ERR_MSG: 'a comma or `)`' })
    return given
  })

  private readonly argument = this.RULE('argument', (): Argument => {
    const start = this.start
    const name = this.OPTION({
      GATE: () => this.nameAt(1) && (this.at(T.Colon, 2) || this.at(T.Equals, 2)),
      DEF: () => {
        const named = this.SUBRULE(this.identifier)
        this.OR([
          { ALT: () => this.CONSUME(T.Colon) },
          { ALT: () => this.foreign(this.CONSUME(T.Equals), 'an argument', ':') },
        ])
        return named
      },
    })
    const value = this.SUBRULE(this.expression)
    return { kind: 'Argument', name, value, span: this.from(start) }
  })

  /** `{ }` and `{ name = …` are records; any other brace in an expression opens a block. */
  private recordAhead(): boolean {
    return this.at(T.RCurly, 2) || (this.nameAt(2) && (this.at(T.Equals, 3) || this.at(T.Colon, 3)))
  }

  /** Reports `:` instead of `=`, or vice versa; the item continues as if it had been correct. */
  protected foreign(token: IToken, what: string, right: string): IToken {
    this.ACTION(() => {
      if (token === this.reportedColon) return
      const span = this.tokenSpan(token)
      const isWord = /^\w/.test(right)
      const before = isWord && /\w/.test(this.textBetween(span.start - 1, span.start)) ? ' ' : ''
      const after = isWord && /\w/.test(this.textBetween(span.end, span.end + 1)) ? ' ' : ''
      const fix = { message: `write \`${right}\``, span, replacement: before + right + after }
      this.report(grammarError('ARC1203', { what, right, found: token.image }, span, { fix }))
    })
    return token
  }
}
