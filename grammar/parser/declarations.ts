/** Declarations: `use`, `let`, functions, objects and tests. */
import { EOF, type IToken } from 'chevrotain'
import type {
  AssertStatement,
  BlockExpr,
  Declaration,
  ExpectStatement,
  Expr,
  FunctionDecl,
  Ident,
  LetDecl,
  ObjectKeyword,
  Parameter,
  StringExpr,
  TestDecl,
  TypeNode,
} from '../ast.ts'
import { brokenDeclaration } from '../broken-declaration.ts'
import { grammarError } from '../messages.ts'
import { textOf } from '../source.ts'
import * as T from '../tokens.ts'
import { CONDITION_WORDS } from './entries.ts'
import { BACKBONE_NOTE, describe } from './errors.ts'
import { UseRules } from './use.ts'

/** `= value` is a block that contains only a value. */
const asBlock = (body: Expr): BlockExpr =>
  body.kind === 'Block' ? body : { kind: 'Block', lets: [], requires: [], value: body, span: body.span }

const CODE_NOTE = 'codes are those of messages, as in `error[ARC4213]`'

/** `extends` in other words. */
const EXTENDS_WORDS: ReadonlySet<string> = new Set(['extend', 'inherits', 'inherit', 'from', 'is', 'like', 'based_on'])

export abstract class DeclarationRules extends UseRules {
  /** The name of the current declaration, used if its head cannot be read. */
  #declared: Ident | undefined

  protected readonly declarations = this.RULE('declarations', (): Declaration[] => {
    const found: Declaration[] = []
    while (this.RECORDING_PHASE || !this.at(EOF)) {
      const start = this.start
      this.#declared = undefined
      this.recovering(
        () => {
          this.refuseUnknown()
          found.push(this.SUBRULE(this.declaration))
          this.afterDeclaration()
        },
        () => {
          if (this.#declared !== undefined) found.push(brokenDeclaration(this.#declared, this.from(start)))
        },
        () => this.skipDeclaration(),
      )
      if (this.RECORDING_PHASE) break
      if (this.at(T.Newline)) this.SKIP_TOKEN()
    }
    return found
  })

  private readonly declaration = this.RULE(
    'declaration',
    (): Declaration =>
      this.OR<Declaration>({
        DEF: [
          { ALT: () => this.SUBRULE(this.use) },
          { ALT: () => this.SUBRULE(this.let) },
          { ALT: () => this.SUBRULE(this.fn) },
          { ALT: () => this.SUBRULE(this.backbone) },
          { ALT: () => this.SUBRULE(this.object) },
          { ALT: () => this.SUBRULE(this.test) },
        ],
        ERR_MSG: 'a declaration',
      }),
  )

  private readonly fn = this.RULE('fn', (): FunctionDecl | LetDecl => {
    const start = this.start
    const before = this.reports
    const extern = this.OPTION(() => this.CONSUME(T.Extern))
    const keyword = T.wordOf(this.CONSUME(T.FunctionKeyword).tokenType) as 'fn' | 'block'
    const name = this.declaredName()
    const parameters = this.SUBRULE(this.parameters)
    this.ACTION(() => this.refuseExtends(keyword))
    const result = this.OPTION2(() => {
      this.CONSUME(T.Arrow)
      return this.SUBRULE(this.type)
    })
    const head = this.from(start)
    const isBroken = this.reports > before
    const body = this.OPTION3(() => asBlock(this.SUBRULE(this.body)))
    return this.ACTION(() => {
      if (extern !== undefined && body !== undefined) {
        const fix = { message: 'remove `extern`', span: this.span(start, start + 7), replacement: '' }
        this.report(grammarError('ARC1217', { name: name.text }, body.span, { fix }))
      }
      if (isBroken) return brokenDeclaration(name, this.from(start))
      if (extern === undefined && body === undefined) {
        const label = 'expected `{ … }` or `= value`'
        const colon = /^\s*:(?=\s*[A-Za-z[])/.exec(head.source.text.slice(head.end))?.[0]
        const at = this.span(head.end, head.end + (colon?.length ?? 0))
        const result = { message: 'the type of the result follows `->`', span: at, replacement: ' ->' }
        const extras = colon === undefined ? { label } : { label, fix: result }
        this.stop(grammarError('ARC1216', { keyword, name: name.text }, at, extras))
      }
      const span = this.from(start)
      return {
        kind: 'Function',
        keyword,
        doc: this.docAt(start),
        name,
        parameters,
        input: undefined,
        result,
        body,
        span,
      }
    })
  })

  private readonly backbone = this.RULE('backbone', (): FunctionDecl | LetDecl => {
    const start = this.start
    const before = this.reports
    this.CONSUME(T.Backbone)
    const name = this.declaredName()
    const parameters = this.OPTION(() => this.SUBRULE(this.parameters)) ?? []
    this.ACTION(() => this.refuseExtends('backbone'))
    const { input, result } = this.OR<{ input: Parameter; result: TypeNode }>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(T.On)
            const before = this.SUBRULE(this.backboneInput)
            this.CONSUME(T.Arrow)
            return { input: before, result: this.SUBRULE(this.type) }
          },
        },
        { ALT: () => this.SUBRULE(this.swappedHead) },
      ],
      ERR_MSG: '`on`',
    })
    const isBroken = this.reports > before
    const body = this.SUBRULE(this.block)
    if (isBroken) return brokenDeclaration(name, this.from(start))
    const doc = this.docAt(start)
    return { kind: 'Function', keyword: 'backbone', doc, name, parameters, input, result, body, span: this.from(start) }
  })

  /** `-> Vector(512) on Image(112, 112, 3)`, or without the input: reported. */
  private readonly swappedHead = this.RULE('swappedHead', (): { input: Parameter; result: TypeNode } => {
    const start = this.start
    this.CONSUME(T.Arrow)
    const result = this.SUBRULE(this.type)
    const output = this.from(start)
    const written = this.OPTION(() => {
      this.CONSUME(T.On)
      return this.SUBRULE(this.backboneInput)
    })
    const name: Ident = { kind: 'Ident', text: 'input', span: this.span(start, start) }
    const input: Parameter = written ?? { kind: 'Parameter', name, type: result, default: undefined, span: name.span }
    this.ACTION(() => {
      const fix =
        written === undefined
          ? { message: 'add the input', span: { ...output, end: start }, replacement: 'on Image(112, 112, 3) ' }
          : {
              message: 'write the input first',
              span: this.from(start),
              replacement: `on ${textOf(written.span)} ${textOf(output)}`,
            }
      const span = this.span(start, start + 2)
      const extras = { label: 'expected `on`', notes: [BACKBONE_NOTE], fix }
      this.report(grammarError('ARC1201', { expected: '`on`', found: '`->`' }, span, extras))
    })
    return { input, result }
  })

  /** `backbone wide extends small`, as objects do. */
  private refuseExtends(keyword: string): void {
    if (!this.at(T.Extends)) return
    const notes = [`call the other one in the block: \`input |> ${this.nameAt(2) ? this.LA(2).image : 'small'}\``]
    this.stop(grammarError('ARC1294', { keyword }, this.tokenSpan(this.LA(1)), { notes }))
  }

  private readonly backboneInput = this.RULE('backboneInput', (): Parameter => {
    const start = this.start
    const named = this.OPTION({
      GATE: () => this.at(T.Colon, 2),
      DEF: () => {
        const written = this.SUBRULE(this.identifier)
        this.CONSUME(T.Colon)
        return written
      },
    })
    const type = this.SUBRULE(this.type)
    const name: Ident = named ?? { kind: 'Ident', text: 'input', span: this.span(start, start) }
    return { kind: 'Parameter', name, type, default: undefined, span: this.from(start) }
  })

  private readonly object = this.RULE('object', (): Declaration => {
    const start = this.start
    const keyword = T.wordOf(this.CONSUME(T.ObjectKeyword).tokenType) as ObjectKeyword
    const name = this.declaredName()
    const before = this.reports
    const open = this.start
    const given = this.OPTION(() => this.SUBRULE(this.parameters)) ?? []
    const isBroken = this.reports > before
    const called = this.ACTION(() => this.parentInParentheses(keyword, given, open))
    const written = this.OPTION2({
      GATE: () => this.extendsAhead(),
      DEF: () => {
        this.SUBRULE(this.extendsWord)
        const path = this.SUBRULE(this.path)
        return this.ACTION(() => this.dotted(path))
      },
    })
    const parent = written ?? called
    const parameters = called === undefined ? given : []
    this.OPTION3(() => this.refuseColon(this.CONSUME(T.Colon)))
    const entries = this.SUBRULE(this.entries)
    if (isBroken) return brokenDeclaration(name, this.from(start))
    const doc = this.docAt(start)
    return { kind: 'Object', keyword, doc, name, parameters, extends: parent, entries, span: this.from(start) }
  })

  /** `nets.wide` as one name. */
  private dotted(path: readonly Ident[]): Ident {
    const [first] = path
    const last = path.at(-1)
    if (first === undefined || last === undefined) return this.ident(this.LA(0))
    const span = this.span(first.span.start, last.span.end)
    return { kind: 'Ident', text: path.map((part) => part.text).join('.'), span }
  }

  /** Whether `extends`, or another language's word or sign for it, stands before a name. */
  private extendsAhead(): boolean {
    if (this.at(T.Extends)) return true
    return this.nameAt(2) && (this.at(T.Colon) || this.at(T.Less) || EXTENDS_WORDS.has(this.LA(1).image))
  }

  private readonly extendsWord = this.RULE(
    'extendsWord',
    (): IToken =>
      this.OR([
        { ALT: () => this.CONSUME(T.Extends) },
        { ALT: () => this.foreign(this.CONSUME(T.Colon), 'what an experiment builds on', 'extends') },
        { ALT: () => this.foreign(this.CONSUME(T.Less), 'what an experiment builds on', 'extends') },
        { ALT: () => this.foreign(this.CONSUME(T.Identifier), 'what an experiment builds on', 'extends') },
      ]),
  )

  /** `experiment longer(base) {`, as in Python. */
  private parentInParentheses(keyword: string, given: readonly Parameter[], open: number): Ident | undefined {
    const [only, second] = given
    if (keyword !== 'experiment' || only === undefined || second !== undefined || this.at(T.Extends)) return undefined
    if (only.type !== undefined || only.default !== undefined) return undefined
    const span = this.from(open)
    const fix = { message: 'write `extends`', span, replacement: ` extends ${only.name.text}` }
    const params = { what: 'what an experiment builds on', right: 'extends', found: '( )' }
    this.report(grammarError('ARC1203', params, span, { fix }))
    return only.name
  }

  private readonly test = this.RULE('test', (): TestDecl => {
    const start = this.start
    const lets: LetDecl[] = []
    const asserts: AssertStatement[] = []
    const expectations: ExpectStatement[] = []
    this.CONSUME(T.Test)
    const title = this.OR2<StringExpr>({
      DEF: [{ ALT: () => this.SUBRULE(this.string) }, { ALT: () => this.unquotedTitle(this.CONSUME(T.Name)) }],
      ERR_MSG: 'a string',
    })
    this.CONSUME(T.LCurly)
    this.items(() =>
      this.OR([
        { ALT: () => lets.push(this.SUBRULE(this.let)) },
        { GATE: () => this.wordBindingAhead(), ALT: () => lets.push(this.SUBRULE(this.wordBinding)) },
        { GATE: () => !this.at(T.Equals, 2), ALT: () => asserts.push(this.SUBRULE(this.assertion)) },
        { GATE: () => this.expectationAhead(), ALT: () => expectations.push(this.SUBRULE(this.expectation)) },
        { ALT: () => this.refuseStatement() },
      ]),
    )
    this.CONSUME(T.RCurly)
    return { kind: 'Test', title, lets, asserts, expectations, span: this.from(start) }
  })

  /** `test sums {` */
  private unquotedTitle(token: IToken): StringExpr {
    const span = this.tokenSpan(token)
    this.ACTION(() => {
      const replacement = `"${token.image}"`
      const fix = { message: `write \`${replacement}\``, span, replacement }
      const notes = ['a test is written `test "what it shows" { assert … }`']
      this.report(grammarError('ARC1201', { expected: 'a string', found: describe(token) }, span, { notes, fix }))
    })
    return { kind: 'String', texts: [token.image], holes: [], span }
  }

  private readonly assertion = this.RULE('assertion', (): AssertStatement => {
    const start = this.start
    this.CONSUME(T.Assert)
    const condition = this.SUBRULE(this.expression)
    return { kind: 'Assert', condition, span: this.from(start) }
  })

  private expectationAhead(): boolean {
    return this.at(T.Expect) && this.LA(2).image === 'error' && this.nameAt(3)
  }

  private readonly expectation = this.RULE('expectation', (): ExpectStatement => {
    const start = this.start
    this.CONSUME(T.Expect)
    this.SUBRULE(this.identifier)
    const code = this.SUBRULE2(this.identifier)
    this.ACTION(() => {
      if (!/^ARC\d{4}$/.test(code.text))
        this.stop(grammarError('ARC1276', { found: `\`${code.text}\`` }, code.span, { notes: [CODE_NOTE] }))
    })
    const body = this.SUBRULE(this.block)
    return { kind: 'Expect', code, body, span: this.from(start) }
  })

  private refuseStatement(): void {
    if (this.RECORDING_PHASE) return
    const code = this.LA(3)
    if (this.at(T.Expect) && this.LA(2).image === 'error' && code.tokenType === T.NumberToken) {
      const span = this.tokenSpan(code)
      const fix = { message: `write \`ARC${code.image}\``, span, replacement: `ARC${code.image}` }
      this.stop(
        grammarError('ARC1276', { found: `\`${code.image}\`` }, span, /^\d{4}$/.test(code.image) ? { fix } : {}),
      )
    }
    const at = this.span(this.start, this.start)
    const word = this.LA(1)
    const fix = this.at(T.Equals, 2)
      ? { message: 'add `let`', span: at, replacement: 'let ' }
      : CONDITION_WORDS.has(word.image)
        ? { message: 'write `assert`', span: this.tokenSpan(word), replacement: 'assert' }
        : { message: 'add `assert`', span: at, replacement: 'assert ' }
    this.stop(grammarError('ARC1225', {}, this.tokenSpan(this.LA(1)), { fix }))
  }

  private declaredName(): Ident {
    const name = this.subrule(9, this.writtenName)
    this.#declared = name
    return name
  }

  private refuseUnknown(): void {
    if (this.RECORDING_PHASE || (T.beginsDeclaration(this.LA(1)) && !this.at(T.Equals, 2))) return
    if (!this.readFromImport() && !this.reportUnknownDeclaration()) this.stop()
  }

  private afterDeclaration(): void {
    if (this.RECORDING_PHASE || this.at(EOF) || this.at(T.Newline)) return
    this.reportUnseparated('a new line')
    if (!T.beginsDeclaration(this.LA(1))) this.skipDeclaration()
  }
}
