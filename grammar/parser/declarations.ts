/** Declarations: `use`, `let`, functions, objects and tests. */
import { EOF } from 'chevrotain'
import type {
  AssertStatement,
  BlockExpr,
  Declaration,
  Expr,
  FunctionDecl,
  Ident,
  LetDecl,
  ObjectKeyword,
  Parameter,
  StringExpr,
  TestDecl,
  UseDecl,
} from '../ast.ts'
import { grammarError } from '../messages.ts'
import * as T from '../tokens.ts'
import { EntryRules } from './entries.ts'
import { describe } from './errors.ts'

/** `= value` is a block that contains only a value. */
const asBlock = (body: Expr): BlockExpr =>
  body.kind === 'Block' ? body : { kind: 'Block', lets: [], value: body, span: body.span }

export abstract class DeclarationRules extends EntryRules {
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
          if (this.#declared !== undefined) found.push(this.broken(this.#declared, start))
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

  private readonly use = this.RULE('use', (): UseDecl => {
    const start = this.start
    this.CONSUME(T.Use)
    const { path, file } = this.OR<Pick<UseDecl, 'path' | 'file'>>({
      DEF: [
        { ALT: () => ({ path: this.SUBRULE(this.path), file: undefined }) },
        { ALT: () => ({ path: [], file: this.SUBRULE(this.fileName) }) },
      ],
      ERR_MSG: 'a name',
    })
    const names = this.OPTION(() => {
      const colon = this.OPTION2(() => this.CONSUME(T.Colon))
      if (colon === undefined) this.reportMissing('`:`', ':')
      const list = [this.SUBRULE(this.identifier)]
      this.MANY(() => {
        const comma = this.OPTION3(() => this.CONSUME(T.Comma))
        if (comma === undefined) this.reportMissing('a comma', ',')
        list.push(this.SUBRULE2(this.identifier))
      })
      return list
    })
    return { kind: 'Use', path, file, names, span: this.from(start) }
  })

  private readonly fileName = this.RULE('fileName', (): StringExpr => {
    const name = this.SUBRULE(this.string)
    return this.ACTION(() => {
      if (name.holes.length > 0) this.stop(grammarError('ARC1228', {}, name.span))
      return name
    })
  })

  private readonly fn = this.RULE('fn', (): FunctionDecl | LetDecl => {
    const start = this.start
    const before = this.reports
    const extern = this.OPTION(() => this.CONSUME(T.Extern))
    const keyword = this.CONSUME(T.FunctionKeyword).image as 'fn' | 'block'
    const name = this.declaredName()
    const parameters = this.SUBRULE(this.parameters)
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
      if (isBroken) return this.broken(name, start)
      if (extern === undefined && body === undefined) {
        const label = 'expected `{ … }` or `= value`'
        this.stop(grammarError('ARC1216', { keyword, name: name.text }, this.span(head.end, head.end), { label }))
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
    this.CONSUME(T.On)
    const input = this.SUBRULE(this.backboneInput)
    this.CONSUME(T.Arrow)
    const result = this.SUBRULE(this.type)
    const isBroken = this.reports > before
    const body = this.SUBRULE(this.block)
    if (isBroken) return this.broken(name, start)
    const doc = this.docAt(start)
    return { kind: 'Function', keyword: 'backbone', doc, name, parameters, input, result, body, span: this.from(start) }
  })

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
    const before = this.reports
    const keyword = this.CONSUME(T.ObjectKeyword).image as ObjectKeyword
    const name = this.declaredName()
    const parameters = this.OPTION(() => this.SUBRULE(this.parameters)) ?? []
    const parent = this.OPTION2(() => {
      const word = this.CONSUME(T.Extends)
      const parentName = this.SUBRULE2(this.identifier)
      if (keyword !== 'experiment') this.report(grammarError('ARC1218', { keyword }, this.tokenSpan(word)))
      return parentName
    })
    const isBroken = this.reports > before
    const entries = this.SUBRULE(this.entries)
    if (isBroken) return this.broken(name, start)
    const doc = this.docAt(start)
    return { kind: 'Object', keyword, doc, name, parameters, extends: parent, entries, span: this.from(start) }
  })

  private readonly test = this.RULE('test', (): TestDecl => {
    const start = this.start
    const lets: LetDecl[] = []
    const asserts: AssertStatement[] = []
    this.CONSUME(T.Test)
    const title = this.SUBRULE(this.string)
    this.CONSUME(T.LCurly)
    this.items(() =>
      this.OR([
        { ALT: () => lets.push(this.SUBRULE(this.let)) },
        { GATE: () => !this.at(T.Equals, 2), ALT: () => asserts.push(this.SUBRULE(this.assertion)) },
        { ALT: () => this.refuseStatement() },
      ]),
    )
    this.CONSUME(T.RCurly)
    return { kind: 'Test', title, lets, asserts, span: this.from(start) }
  })

  private readonly assertion = this.RULE('assertion', (): AssertStatement => {
    const start = this.start
    this.CONSUME(T.Assert)
    const condition = this.SUBRULE(this.expression)
    return { kind: 'Assert', condition, span: this.from(start) }
  })

  private refuseStatement(): void {
    if (this.RECORDING_PHASE) return
    const at = this.span(this.start, this.start)
    const fix = this.at(T.Equals, 2)
      ? { message: 'add `let`', span: at, replacement: 'let ' }
      : { message: 'add `assert`', span: at, replacement: 'assert ' }
    this.stop(grammarError('ARC1225', {}, this.tokenSpan(this.LA(1)), { fix }))
  }

  /** A token that can be inserted between the last token and the next. */
  private reportMissing(expected: string, text: string): void {
    const at = this.span(this.end, this.end)
    const fix = { message: `add \`${text}\``, span: at, replacement: text }
    this.report(grammarError('ARC1201', { expected, found: describe(this.LA(1)) }, this.tokenSpan(this.LA(1)), { fix }))
  }

  private declaredName(): Ident {
    const name = this.subrule(9, this.identifier)
    this.#declared = name
    return name
  }

  /** Represents a declaration whose head has been reported, so that its name is known and nothing else is reported about it. */
  private broken(name: Ident, start: number): LetDecl {
    const span = this.from(start)
    return { kind: 'Let', doc: undefined, name, type: undefined, value: this.errorExpr(name.span), span }
  }

  private refuseUnknown(): void {
    if (this.RECORDING_PHASE || (T.beginsDeclaration(this.LA(1)) && !this.at(T.Equals, 2))) return
    this.stop(this.unknownDeclaration())
  }

  private afterDeclaration(): void {
    if (this.RECORDING_PHASE || this.at(EOF) || this.at(T.Newline)) return
    this.reportUnseparated('a new line')
    if (!T.beginsDeclaration(this.LA(1))) this.skipDeclaration()
  }
}
