/** `use`: names of a module. Imports of other languages are reported and understood. */
import { EOF, type IToken } from 'chevrotain'
import type { Ident, StringExpr, UseDecl, UsedName } from '../ast.ts'
import { isPackage, PACKAGE_NOTE } from '../foreign-packages.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { EntryRules } from './entries.ts'
import { describe } from './errors.ts'

export abstract class UseRules extends EntryRules {
  protected readonly use = this.RULE('use', (): UseDecl => {
    const start = this.start
    this.CONSUME(T.Use)
    let up = 0
    const from = this.OR<Pick<UseDecl, 'path' | 'file' | 'names'>>({
      DEF: [
        {
          ALT: () => {
            let lead = this.OPTION3(() => {
              const dot = this.CONSUME(T.Dot)
              this.CONSUME(T.Slash)
              return dot
            })
            this.MANY(() => {
              this.CONSUME(T.DotDot)
              lead = this.OPTION4(() => this.CONSUME2(T.Slash)) ?? lead
              up += 1
            })
            return this.SUBRULE(this.modulePath, { ARGS: [lead, up] })
          },
        },
        { ALT: () => ({ path: [], file: this.SUBRULE(this.fileName), names: undefined }) },
      ],
      ERR_MSG: 'a name',
    })
    const { path, file } = from
    const prefix = this.OPTION1(() => {
      this.CONSUME(T.As)
      return this.SUBRULE(this.identifier)
    })
    const listed = this.OPTION(() => {
      const colon = this.OPTION2(() => this.CONSUME(T.Colon))
      if (colon === undefined) this.reportMissing('`:`', ':')
      return this.OR2<UsedName[] | undefined>({
        DEF: [
          { ALT: () => this.refuseStar(this.CONSUME(T.Star), start) },
          {
            ALT: () => {
              const open = this.CONSUME(T.LCurly)
              const list = this.SUBRULE(this.importedNames)
              const close = this.CONSUME(T.RCurly)
              this.ACTION(() => this.refuseBraces(open, close, start))
              return list
            },
          },
          { ALT: () => this.SUBRULE2(this.importedNames) },
        ],
        ERR_MSG: 'a name',
      })
    })
    const names = from.names ?? listed
    return this.ACTION(() => {
      const span = this.from(start)
      if (prefix !== undefined && names !== undefined) {
        const rest = { ...span, start: prefix.span.end }
        this.report(grammarError('ARC1275', {}, rest, { fix: { message: 'remove them', span: rest, replacement: '' } }))
      }
      return { kind: 'Use', up, path, file, prefix, names, span }
    })
  })

  /**
   * `std.margins`; `/` and `::` are reported and read as `.`, or as the `:` before a name. `lead` is the sign of a folder before it:
   * that of `./nets`, or the `/` of `../nets`.
   */
  private readonly modulePath = this.RULE(
    'modulePath',
    (lead?: IToken, up = 0): Pick<UseDecl, 'path' | 'file' | 'names'> => {
      const path = [this.SUBRULE(this.identifier)]
      const signs: IToken[] = []
      this.MANY({
        GATE: () => !this.at(T.Colon) || this.at(T.Colon, 2),
        DEF: () => {
          const sign = this.OR([
            { ALT: () => this.CONSUME(T.Dot) },
            { ALT: () => this.CONSUME(T.Slash) },
            {
              ALT: () => {
                const colon = this.CONSUME(T.Colon)
                this.CONSUME2(T.Colon)
                return colon
              },
            },
          ])
          signs.push(sign)
          path.push(this.SUBRULE2(this.identifier))
        },
      })
      return this.ACTION(() => this.refuseSigns(path, signs, lead, up))
    },
  )

  private refuseSigns(
    path: readonly Ident[],
    signs: readonly IToken[],
    lead: IToken | undefined,
    up: number,
  ): Pick<UseDecl, 'path' | 'file' | 'names'> {
    const sign = lead ?? signs.find((token) => token.tokenType !== T.Dot)
    const [first] = path
    const last = path.at(-1)
    if (sign === undefined || first === undefined || last === undefined)
      return { path, file: undefined, names: undefined }
    const isDouble = sign.tokenType === T.Colon
    const used: UsedName = { kind: 'UsedName', name: last, alias: undefined, span: last.span }
    const names = isDouble && path.length > 2 && !this.at(T.Colon) ? [used] : undefined
    const module = names === undefined ? path : path.slice(0, -1)
    const text = module.map((part) => part.text).join('.')
    const right = names === undefined ? text : `${text}: ${last.text}`
    const start = lead?.startOffset ?? first.span.start
    const fix = { message: `write \`${right}\``, span: this.span(start, last.span.end), replacement: right }
    const span = this.span(sign.startOffset, sign.startOffset + (isDouble ? 2 : 1))
    this.report(
      grammarError(
        'ARC1292',
        { found: isDouble ? '::' : sign === lead && up === 0 ? './' : '/', right: `use ${'..'.repeat(up)}${right}` },
        span,
        { fix },
      ),
    )
    return { path: module, file: undefined, names }
  }

  private readonly importedNames = this.RULE('importedNames', (): UsedName[] => {
    const list = [this.SUBRULE(this.usedName)]
    this.MANY(() => {
      const comma = this.OPTION(() => this.CONSUME(T.Comma))
      if (comma === undefined) this.reportMissing('a comma', ',')
      list.push(this.SUBRULE2(this.usedName))
    })
    return list
  })

  private readonly usedName = this.RULE('usedName', (): UsedName => {
    const start = this.start
    const name = this.SUBRULE(this.identifier)
    const alias = this.OPTION(() => {
      this.CONSUME(T.As)
      return this.SUBRULE2(this.identifier)
    })
    return { kind: 'UsedName', name, alias, span: this.from(start) }
  })

  /** `use std.margins: *` */
  private refuseStar(star: IToken, start: number): undefined {
    this.ACTION(() => {
      const right = this.textBetween(start, star.startOffset).replace(/\s*:\s*$/, '')
      const fix = { message: `write \`${right}\``, span: this.from(start), replacement: right }
      this.report(grammarError('ARC1292', { found: '*', right }, this.tokenSpan(star), { fix }))
    })
    return undefined
  }

  /** `use std.margins: { arcface }` */
  private refuseBraces(open: IToken, close: IToken, start: number): void {
    const inner = this.textBetween(open.startOffset + 1, close.startOffset).trim()
    const right = `${this.textBetween(start, open.startOffset)}${inner}`
    const fix = { message: 'remove the braces', span: this.from(start), replacement: right }
    this.report(grammarError('ARC1292', { found: '{ }', right }, this.tokenSpan(open), { fix }))
  }

  private readonly fileName = this.RULE('fileName', (): StringExpr => {
    const name = this.SUBRULE(this.string)
    return this.ACTION(() => {
      if (name.holes.length > 0) this.stop(grammarError('ARC1228', {}, name.span))
      return name
    })
  })

  /** `from std.margins import arcface`: reported, and read as `use std.margins: arcface`. */
  protected readFromImport(): boolean {
    if (this.LA(1).image !== 'from') return false
    let k = 2
    while (!this.at(T.Newline, k) && !this.at(EOF, k) && this.LA(k).image !== 'import') k += 1
    const [from, word] = [this.LA(1), this.LA(k)]
    if (word.image !== 'import') return false
    let last = k
    while (!this.at(T.Newline, last + 1) && !this.at(EOF, last + 1)) last += 1
    const module = this.textBetween(T.tokenEnd(from), word.startOffset).trim()
    const end = T.tokenEnd(this.LA(last))
    const names = this.textBetween(T.tokenEnd(word), end).trim()
    if (isPackage(module)) {
      const whole = this.span(from.startOffset, Math.min(end + 1, this.span(0, end).source.text.length))
      const fix = { message: 'remove it', span: whole, replacement: '' }
      this.stop(grammarError('ARC1206', { found: '`from`' }, this.tokenSpan(from), { notes: [PACKAGE_NOTE], fix }))
    }
    const right = names === '*' ? `use ${module}` : `use ${module}: ${names.replace(/^\(|\)$/g, '')}`
    const span = this.span(from.startOffset, end)
    const fix = { message: `write \`${right}\``, span, replacement: right }
    this.report(grammarError('ARC1206', { found: '`from`' }, this.tokenSpan(from), { fix }))
    this.retype(from, T.Use)
    this.retype(word, T.Colon)
    return true
  }

  /** A token that can be inserted between the last token and the next. */
  private reportMissing(expected: string, text: string): void {
    const at = this.span(this.end, this.end)
    const fix = { message: `add \`${text}\``, span: at, replacement: text }
    this.report(grammarError('ARC1201', { expected, found: describe(this.LA(1)) }, this.tokenSpan(this.LA(1)), { fix }))
  }
}
