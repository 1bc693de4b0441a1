/** `test "…" { assert … }`: the language's own tests. */
import type { AssertStatement, TestDecl } from '../../grammar/ast.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { textOf } from '../../grammar/source.ts'
import type { Host } from '../host/host.ts'
import type { Module, Program } from '../names/program.ts'
import { attempt, type Context, type Env, fail, staticContext } from './context.ts'
import { bindLets, createSession } from './expression.ts'
import { describe, showValue } from './show.ts'
import { stringText } from './text.ts'

export interface LanguageTestResult {
  readonly title: string
  readonly test: TestDecl
  /** Empty if the test passes. */
  readonly diagnostics: readonly Diagnostic[]
}

/** The values of both sides of a comparison, for the report. */
function sides({ condition }: AssertStatement, env: Env, context: Context): string[] {
  if (condition.kind !== 'Binary' || condition.operator === 'and' || condition.operator === 'or') return []
  return [condition.left, condition.right].flatMap((side) => {
    if (side.kind === 'Number') return []
    const value = context.session.evaluate(side, env, context)
    return [`\`${textOf(side.span)}\` is ${showValue(value)}`]
  })
}

function runTest(test: TestDecl, module: Module, program: Program, host: Host): LanguageTestResult {
  const bag = new DiagnosticBag()
  const context = staticContext(createSession(program, host, bag))
  const top: Env = { module, locals: undefined }
  const title = attempt(() => stringText(test.title, top, context).value) ?? ''
  const env = attempt(() => bindLets(test.lets, top, context))
  for (const statement of env === undefined ? [] : test.asserts)
    attempt(() => {
      if (env === undefined) return
      const { condition } = statement
      const holds = context.session.evaluate(condition, env, context)
      if (holds.kind !== 'bool')
        fail(context, 'ARC4002', { found: describe(holds), wanted: '`true` or `false`' }, condition.span)
      else if (!holds.value)
        fail(context, 'ARC4301', { title, condition: textOf(condition.span) }, condition.span, {
          notes: sides(statement, env, context),
        })
    })
  return { title, test, diagnostics: bag.sorted() }
}

/** Runs the tests of the entry module, each separately. */
export function runLanguageTests(program: Program, host: Host): readonly LanguageTestResult[] {
  return program.entry.tree.declarations
    .filter((declaration): declaration is TestDecl => declaration.kind === 'Test')
    .map((test) => runTest(test, program.entry, program, host))
}
