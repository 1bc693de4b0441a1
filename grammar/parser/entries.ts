/** Entries in the braces of an object declaration: fields, sections, methods, states, requirements, `let`s. */
import type { IToken } from 'chevrotain'
import type { Entry, Expr, FieldEntry, Ident, MethodEntry, Parameter, SectionEntry } from '../ast.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { BlockRules } from './blocks.ts'

const showPath = (path: readonly Ident[]): string => path.map((part) => part.text).join('.')

export abstract class EntryRules extends BlockRules {
  protected readonly entries = this.RULE('entries', (): Entry[] => {
    const entries: Entry[] = []
    this.CONSUME(T.LCurly)
    this.nested(() => this.items(() => entries.push(this.SUBRULE(this.entry))))
    this.CONSUME(T.RCurly)
    return entries
  })

  private readonly entry = this.RULE('entry', (): Entry => {
    const start = this.start
    this.refuseDeclaration()
    return this.OR<Entry>({
      DEF: [
        { ALT: () => this.SUBRULE(this.let) },
        {
          GATE: () => this.nameAt(2),
          ALT: () => {
            this.CONSUME(T.State)
            const name = this.SUBRULE(this.identifier)
            const value = this.assignedValue('name', name.text)
            return { kind: 'State', name, value, span: this.from(start) }
          },
        },
        {
          GATE: () => !this.at(T.Equals, 2) && !this.at(T.LCurly, 2) && !this.at(T.Colon, 2),
          ALT: () => {
            this.CONSUME(T.Require)
            const condition = this.SUBRULE(this.expression)
            return { kind: 'Require', condition, span: this.from(start) }
          },
        },
        { ALT: () => this.SUBRULE(this.namedEntry) },
      ],
      ERR_MSG: 'a field, a section or a method',
    })
  })

  /** `margin arcface {` among entries: most likely a missing brace before it, or a missing `=`. */
  private refuseDeclaration(): void {
    const word = this.LA(1)
    if (!T.beginsDeclaration(word) || this.at(T.Let) || !this.nameAt(2)) return
    const opens = this.LA(3).tokenType
    if (opens !== T.LCurly && opens !== T.LParen && opens !== T.Extends) return
    const span = this.tokenSpan(word)
    const notes = opens === T.LCurly ? [] : [`for a field, write \`${word.image} = ${this.LA(2).image}…\``]
    this.stop(grammarError('ARC1222', { word: word.image }, span, { notes }))
  }

  /** An entry that starts with a name or a path: a section, a method, otherwise a field. */
  private readonly namedEntry = this.RULE('namedEntry', (): Entry => {
    const start = this.start
    const path = this.SUBRULE(this.path)
    const nested = this.OPTION({
      GATE: () => !this.at(T.Colon) || this.at(T.LCurly, 2),
      DEF: () =>
        this.OR<Entry>([
          {
            ALT: () => {
              const parameters = this.SUBRULE(this.parameters)
              const body = this.SUBRULE(this.body)
              return this.ACTION(() => this.method(path, parameters, body))
            },
          },
          {
            ALT: () => {
              this.OPTION2(() => this.refuseColon(this.CONSUME(T.Colon)))
              const entries = this.SUBRULE(this.entries)
              return this.ACTION(() => this.section(path, entries))
            },
          },
        ]),
    })
    if (nested !== undefined && !this.RECORDING_PHASE) return nested
    const value = this.assignedValue(
      'field',
      this.ACTION(() => showPath(path)),
    )
    return { kind: 'Field', path, value, span: this.from(start) }
  })

  private refuseColon(colon: IToken): void {
    const span = this.tokenSpan(colon)
    this.report(grammarError('ARC1227', {}, span, { fix: { message: 'remove it', span, replacement: '' } }))
  }

  protected readonly path = this.RULE('path', (): Ident[] => {
    const path = [this.SUBRULE(this.identifier)]
    this.MANY(() => {
      this.CONSUME(T.Dot)
      path.push(this.SUBRULE2(this.identifier))
    })
    return path
  })

  /** `a.b { … }` is `a { b { … } }`. */
  private section(path: readonly Ident[], entries: readonly Entry[]): Entry {
    const end = this.end
    let inner = entries
    let made: SectionEntry | undefined
    for (const name of path.toReversed()) {
      made = { kind: 'Section', name, entries: inner, span: this.span(name.span.start, end) }
      inner = [made]
    }
    return made ?? { kind: 'Section', name: this.ident(this.LA(0)), entries, span: this.from(end) }
  }

  private method(path: readonly Ident[], parameters: readonly Parameter[], body: Expr): MethodEntry {
    const name = path.at(-1) ?? this.ident(this.LA(0))
    const start = path[0]?.span.start ?? this.start
    if (path.length > 1) {
      const span = this.span(start, name.span.end)
      this.report(grammarError('ARC1226', { name: showPath(path) }, span))
    }
    return { kind: 'Method', name, parameters, body, span: this.from(start) }
  }

  protected readonly parameters = this.RULE('parameters', (): Parameter[] => {
    const parameters: Parameter[] = []
    this.CONSUME(T.LParen)
    this.items(() => parameters.push(this.SUBRULE(this.parameter)), 'a comma')
    this.CONSUME(T.RParen)
    return parameters
  })

  protected readonly parameter = this.RULE('parameter', (): Parameter => {
    const start = this.start
    const name = this.SUBRULE(this.identifier)
    const type = this.OPTION(() => {
      this.CONSUME(T.Colon)
      return this.SUBRULE(this.type)
    })
    const byDefault = this.OPTION2(() => {
      this.CONSUME(T.Equals)
      return this.SUBRULE(this.expression)
    })
    return { kind: 'Parameter', name, type, default: byDefault, span: this.from(start) }
  })

  /** `path = value` only, as after `--set`. */
  protected readonly setting = this.RULE('setting', (): FieldEntry => {
    const start = this.start
    const path = this.SUBRULE(this.path)
    const value = this.assignedValue(
      'field',
      this.ACTION(() => showPath(path)),
    )
    return { kind: 'Field', path, value, span: this.from(start) }
  })
}
