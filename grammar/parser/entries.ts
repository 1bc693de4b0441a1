/** Entries in the braces of an object declaration: fields, sections, methods, states, requirements, `let`s. */
import type { IToken, TokenType } from 'chevrotain'
import type {
  Entry,
  Expr,
  FieldEntry,
  Ident,
  MethodEntry,
  Parameter,
  SectionEntry,
  StateEntry,
  TypeNode,
} from '../ast.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { BlockRules } from './blocks.ts'

/** Words before a condition that has to hold. Here, objects `require` it and tests `assert` it. */
export const CONDITION_WORDS: ReadonlySet<string> = new Set([
  'require',
  'requires',
  'required',
  'assert',
  'asserts',
  'ensure',
  'expect',
  'check',
  'verify',
  'should',
  'constraint',
])

const COMPARISONS: ReadonlySet<TokenType> = new Set([T.Less, T.LessEqual, T.Greater, T.GreaterEqual])

/** Types that other languages write before the name of a parameter. */
const TYPE_WORDS: ReadonlySet<string> = new Set(['int', 'float', 'bool', 'string', 'str', 'double', 'Image', 'Tensor'])

/** What has fields of its own in an experiment. */
const SECTION_WORDS: ReadonlySet<string> = new Set([
  ...['train', 'centers', 'evaluate', 'checkpoint', 'log', 'sweep'],
  ...T.KEYWORDS.keys(),
])

const showPath = (path: readonly Ident[]): string => path.map((part) => part.text).join('.')

export abstract class EntryRules extends BlockRules {
  protected override readonly entries = this.RULE('entries', (): Entry[] => {
    const entries: Entry[] = []
    this.CONSUME(T.LCurly)
    this.nested(() => this.items(() => entries.push(this.SUBRULE(this.entry))))
    this.CONSUME(T.RCurly)
    return entries
  })

  /** `state mean = 20`, `learn bias = 10`. */
  private readonly state = this.RULE('state', (): StateEntry => {
    const start = this.start
    const word = this.OR([{ ALT: () => this.CONSUME(T.State) }, { ALT: () => this.CONSUME(T.Learn) }])
    const name = this.SUBRULE(this.identifier)
    const value = this.assignedValue('name', name.text)
    const keyword = word.tokenType === T.Learn ? 'learn' : 'state'
    return { kind: 'State', keyword, name, value, span: this.from(start) }
  })

  private readonly entry = this.RULE('entry', (): Entry => {
    this.refuseDeclaration()
    this.refuseDigits()
    return this.OR<Entry>({
      DEF: [
        { ALT: () => this.SUBRULE(this.let) },
        {
          GATE: () => this.nameAt(2),
          ALT: () => this.SUBRULE(this.state),
        },
        {
          GATE: () =>
            !this.at(T.LCurly, 2) && (!(this.at(T.Equals, 2) || this.at(T.Colon, 2)) || this.comparisonAhead()),
          ALT: () => this.SUBRULE(this.requirement),
        },
        { ALT: () => this.SUBRULE(this.namedEntry) },
      ],
      ERR_MSG: 'a field, a section or a method',
    })
  })

  /** Whether this line compares: `require = memory.peak < 2 GiB` is not a field. */
  private comparisonAhead(): boolean {
    for (let k = 2; k < 40; k++) {
      const { tokenType } = this.LA(k)
      if (COMPARISONS.has(tokenType)) return true
      if (tokenType === T.Newline || tokenType === T.Comma || tokenType === T.RCurly) return false
    }
    return false
  }

  /** `1,000`: the comma ended the entry before. */
  private refuseDigits(): void {
    const [digits, comma, rest] = [this.LA(-1), this.LA(0), this.LA(1)]
    if (rest.tokenType !== T.NumberToken || comma.tokenType !== T.Comma) return
    if (digits.tokenType !== T.NumberToken || T.tokenEnd(digits) + 1 !== rest.startOffset) return
    const text = `${digits.image},${rest.image}`
    const span = this.span(digits.startOffset, T.tokenEnd(rest))
    const replacement = `${digits.image}_${rest.image}`
    const fix = { message: `write \`${replacement}\``, span, replacement }
    this.stop(grammarError('ARC1009', { text, reason: 'digits are grouped with `_`' }, span, { fix }))
  }

  /** An entry that starts with a name or a path: a section, a method, otherwise a field. */
  private readonly namedEntry = this.RULE('namedEntry', (): Entry => {
    const start = this.start
    const path = this.SUBRULE(this.entryPath)
    if (this.ACTION(() => this.requirementAhead(path))) {
      const condition = this.SUBRULE(this.expression)
      return { kind: 'Require', condition, span: this.from(start) }
    }
    const nested = this.OPTION({
      GATE: () => !this.at(T.Colon) || this.at(T.LCurly, 2),
      DEF: () =>
        this.OR<Entry>([
          {
            ALT: () => {
              const open = this.start
              const parameters = this.SUBRULE(this.parameters)
              const body = this.OPTION3({ GATE: () => !this.ending(), DEF: () => this.SUBRULE(this.body) })
              return this.ACTION(() =>
                body === undefined ? this.sectionOf(path, parameters, open) : this.method(path, parameters, body),
              )
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

  /** `requires memory.peak < 2 GiB`: a word that was meant as `require`, followed by a condition. */
  private requirementAhead(path: readonly Ident[]): boolean {
    const [word] = path
    const isWord = path.length === 1 && word !== undefined && CONDITION_WORDS.has(word.text)
    if (this.RECORDING_PHASE || !isWord || !(this.nameAt(1) || this.at(T.NumberToken))) return false
    const fix = { message: 'write `require`', span: word.span, replacement: 'require' }
    this.report(grammarError('ARC1005', { found: word.text, right: 'require' }, word.span, { fix }))
    return true
  }

  /** `evaluate(pairs = 100)`: reported, and read as a section. */
  private sectionOf(path: readonly Ident[], parameters: readonly Parameter[], open: number): Entry {
    const span = this.span(open, this.end)
    const isSection = parameters.every((p) => p.type === undefined && p.default !== undefined)
    if (!isSection || parameters.length === 0) {
      const at = this.span(span.end, span.end)
      this.stop(grammarError('ARC1202', { name: `${showPath(path)}(…)`, what: 'method' }, at))
    }
    const inner = this.textBetween(span.start + 1, span.end - 1).trim()
    const before = /\s/.test(this.textBetween(open - 1, open)) ? '' : ' '
    const fix = { message: 'write `{ }`', span, replacement: `${before}{ ${inner} }` }
    this.report(grammarError('ARC1289', { name: showPath(path) }, span, { fix }))
    const fields = parameters.flatMap(({ name, default: value, span: place }): FieldEntry[] =>
      value === undefined ? [] : [{ kind: 'Field', path: [name], value, span: place }],
    )
    return this.section(path, fields)
  }

  protected refuseColon(colon: IToken): void {
    if (colon === this.reportedColon) return
    const span = this.tokenSpan(colon)
    this.report(grammarError('ARC1227', {}, span, { fix: { message: 'remove it', span, replacement: '' } }))
  }

  /** The path of an entry; `train batch = …` is reported, and read as `train.batch`. */
  private readonly entryPath = this.RULE('entryPath', (): Ident[] => {
    const path = [this.SUBRULE(this.writtenName)]
    this.MANY({
      GATE: () => this.at(T.Dot) || this.fieldAhead(),
      DEF: () => {
        const dot = this.OPTION(() => this.CONSUME(T.Dot))
        const part = this.SUBRULE2(this.writtenName)
        this.ACTION(() => {
          if (dot !== undefined || !this.refuseSpace(path, part)) path.push(part)
        })
      },
    })
    return path
  })

  /** Whether a name and an equals sign follow on the same line, as in `train batch = 16 global`. */
  private fieldAhead(): boolean {
    let k = 1
    while (this.nameAt(k) && this.at(T.Dot, k + 1)) k += 2
    return this.nameAt(k) && this.at(T.Equals, k + 1)
  }

  /** Returns whether the path is complete. */
  private refuseSpace(path: Ident[], part: Ident): boolean {
    const first = showPath(path)
    if (path.length === 1 && !SECTION_WORDS.has(first)) {
      this.refuseSpaceInName(path, part)
      return true
    }
    const span = this.span(path.at(-1)?.span.end ?? part.span.start, part.span.start)
    const fix = { message: 'write `.`', span, replacement: '.' }
    this.report(grammarError('ARC1291', { first, rest: part.text }, part.span, { fix }))
    return false
  }

  /** `label smoothing = 0.1`: one name. */
  private refuseSpaceInName(path: Ident[], part: Ident): void {
    const [first = part] = path
    const text = `${first.text}_${part.text}`
    const span = this.span(first.span.start, part.span.end)
    const fix = { message: `write \`${text}\``, span, replacement: text }
    this.report(grammarError('ARC1288', { name: text, sign: ' ' }, part.span, { fix }))
    path.splice(0, 1, { kind: 'Ident', text, span })
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
    const first = this.SUBRULE(this.identifier)
    const second = this.OPTION3({
      GATE: () => TYPE_WORDS.has(first.text),
      DEF: () => this.SUBRULE2(this.identifier),
    })
    const name = second ?? first
    const typeBefore = second && this.ACTION(() => this.refuseTypeFirst(first, second))
    const typeAfter = this.OPTION(() => {
      this.CONSUME(T.Colon)
      return this.SUBRULE(this.type)
    })
    const type = typeAfter ?? typeBefore
    const byDefault = this.OPTION2(() => {
      this.CONSUME(T.Equals)
      return this.SUBRULE(this.expression)
    })
    return { kind: 'Parameter', name, type, default: byDefault, span: this.from(start) }
  })

  /** `int x` */
  private refuseTypeFirst(type: Ident, name: Ident): TypeNode {
    const span = this.span(type.span.start, name.span.end)
    const fix = { message: 'write the type behind the name', span, replacement: `${name.text}: ${type.text}` }
    this.report(grammarError('ARC1293', { name: name.text, type: type.text }, span, { fix }))
    return { kind: 'NamedType', name: type, arguments: [], span: type.span }
  }

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
