/** Numbers with their units, strings with their holes, truth values and names. */
import type { IToken } from 'chevrotain'
import type { BoolExpr, Expr, Ident, NumberExpr, StringExpr } from '../ast.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { TypeRules } from './types.ts'

/** Truth values of other languages. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])

/** The missing value of other languages. */
const NOTHINGS: ReadonlySet<string> = new Set(['None', 'null', 'Null', 'NULL', 'nil', 'nullptr', 'undefined'])

/** Words that stand between two values in other languages, so they are not the unit of the first. */
const NO_UNITS: ReadonlySet<string> = new Set(['is', 'elif', 'elseif', 'elsif', 'unless', 'where'])

const THOUSANDS: Readonly<Record<string, number>> = { k: 1000, K: 1000, M: 1_000_000 }

export abstract class LiteralRules extends TypeRules {
  protected readonly number = this.RULE('number', (): NumberExpr => {
    const token = this.CONSUME(T.NumberToken)
    const thousands = this.OPTION3({ GATE: () => this.thousandsAhead(), DEF: () => this.CONSUME3(T.Identifier) })
    const unit = this.OPTION({
      GATE: () => this.unitAhead(),
      DEF: () =>
        this.OR<Ident>([
          { ALT: () => this.ident(this.CONSUME(T.Percent)) },
          { ALT: () => this.unitName(this.CONSUME(T.Identifier)) },
        ]),
    })
    return this.ACTION(() => {
      const digits = token.image.replaceAll('_', '').replace(/\.(?!\d)/, '')
      const factor = thousands === undefined ? 1 : (THOUSANDS[thousands.image] ?? 1)
      const value = Number.isFinite(Number(digits)) ? Number(digits) * factor : 0
      const span = this.span(token.startOffset, unit?.span.end ?? T.tokenEnd(thousands ?? token))
      if (thousands !== undefined) this.refuseThousands(token, thousands, value)
      return { kind: 'Number', value, isInteger: /^(?:\d+|0[a-z].*)$/i.test(digits), unit, span }
    })
  })

  /** `2k`: a letter for thousands, which is not the start of a unit such as `kB`. */
  private thousandsAhead(): boolean {
    const next = this.LA(1)
    return next.startOffset === this.end && THOUSANDS[next.image] !== undefined && !this.at(T.Slash, 2)
  }

  private refuseThousands(digits: IToken, letter: IToken, value: number): void {
    const span = this.span(digits.startOffset, T.tokenEnd(letter))
    const fix = { message: `write \`${value}\``, span, replacement: `${value}` }
    const reason = 'thousands have no letter'
    this.report(grammarError('ARC1009', { text: `${digits.image}${letter.image}`, reason }, span, { fix }))
  }

  /** `%` must directly follow its number; a unit's name is on the same line, and is not the name of the next field. */
  private unitAhead(): boolean {
    const between = this.textBetween(T.tokenEnd(this.LA(0)), this.LA(1).startOffset)
    if (this.at(T.Percent)) return between === ''
    const isNextItem = this.at(T.Equals, 2) || this.at(T.Colon, 2)
    return !between.includes('\n') && !isNextItem && !NO_UNITS.has(this.LA(1).image)
  }

  /** `GiB`, `GB/s`, `per device`: consumes everything that belongs to the name. */
  private unitName(name: IToken): Ident {
    const written = this.ident(name)
    // The sign has been reported by the lexer.
    const first = written.text === '°' ? { ...written, text: 'deg' } : written
    const isPer = name.image === 'per'
    const second = this.OPTION1({
      GATE: () => isPer,
      DEF: () => this.CONSUME(T.Name),
    })
    const perSecond = this.OPTION2({
      GATE: () => second === undefined && this.perSecondAhead(),
      DEF: () => {
        this.CONSUME(T.Slash)
        return this.CONSUME1(T.Identifier)
      },
    })
    const last = second ?? perSecond
    if (last === undefined || this.RECORDING_PHASE) return first
    const text = second === undefined ? `${name.image}/s` : `per ${second.image}`
    return { kind: 'Ident', text, span: { ...first.span, end: T.tokenEnd(last) } }
  }

  private perSecondAhead(): boolean {
    const [slash, second] = [this.LA(1), this.LA(2)]
    const touches = slash.startOffset === this.end && second.startOffset === this.end + 1
    return touches && second.tokenType === T.Identifier && second.image === 's'
  }

  protected readonly string = this.RULE('string', (): StringExpr => {
    const start = this.start
    const texts: string[] = []
    const holes: Expr[] = []
    const part = (token: IToken) => texts.push((token as T.ArcToken).cooked)
    this.OR({
      DEF: [
        { ALT: () => part(this.CONSUME(T.StringText)) },
        {
          ALT: () => {
            part(this.CONSUME(T.StringHead))
            holes.push(this.SUBRULE(this.expression))
            this.MANY(() => {
              part(this.CONSUME(T.StringMiddle))
              holes.push(this.SUBRULE2(this.expression))
            })
            part(this.CONSUME(T.StringTail))
          },
        },
      ],
      ERR_MSG: 'a string',
    })
    return { kind: 'String', texts, holes, span: this.from(start) }
  })

  protected readonly boolean = this.RULE('boolean', (): BoolExpr => {
    const value = this.OR<boolean>([
      {
        ALT: () => {
          this.CONSUME(T.True)
          return true
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.False)
          return false
        },
      },
    ])
    return { kind: 'Bool', value, span: this.tokenSpan(this.LA(0)) }
  })

  /** A name; `yes`, `True` and similar are reported, and treated as what they mean. */
  protected nameValue(token: IToken): Expr {
    const span = this.tokenSpan(token)
    const truth = TRUTHS.get(token.image)
    if (NOTHINGS.has(token.image) && !this.at(T.Dot) && !this.at(T.LParen)) {
      const fix = { message: 'write `none`', span, replacement: 'none' }
      this.report(grammarError('ARC1205', { found: token.image, right: 'none' }, span, { fix }))
      return { kind: 'Name', name: 'none', span }
    }
    if (truth === undefined || this.at(T.Dot) || this.at(T.LParen)) return { kind: 'Name', name: token.image, span }
    const fix = { message: `write \`${truth}\``, span, replacement: `${truth}` }
    this.report(grammarError('ARC1205', { found: token.image, right: `${truth}` }, span, { fix }))
    return { kind: 'Bool', value: truth, span }
  }
}
