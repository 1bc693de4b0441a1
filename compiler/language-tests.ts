/** `test "…" { assert … }`: the language's own tests. */
import type { AssertStatement, ExpectStatement, ObjectDecl, TestDecl } from '../grammar/ast.ts'
import type { Diagnostic, Fix } from '../grammar/diagnostic.ts'
import { DiagnosticBag } from '../grammar/diagnostic.ts'
import { grammarError } from '../grammar/messages.ts'
import { textOf } from '../grammar/source.ts'
import { createChecker } from './check/expressions.ts'
import { mistakesOfExpectation } from './check/functions.ts'
import { checkDiagnostic } from './check/messages.ts'
import { experimentValue, type PlanFigure } from './elaborate/experiment-value.ts'
import { attempt, type Context, type Env, fail, type Session, staticContext } from './evaluate/context.ts'
import { bindLets, createSession } from './evaluate/expression.ts'
import { describe, showValue } from './evaluate/show.ts'
import { stringText } from './evaluate/text.ts'
import type { Experiment } from './experiment/experiment.ts'
import type { Host } from './host/host.ts'
import { nameDiagnostic } from './names/messages.ts'
import type { Module, Program } from './names/program.ts'
import { plannedQuantity } from './plan/bounds.ts'
import { buildPlan } from './plan/build-plan.ts'
import { planDiagnostic } from './plan/messages.ts'
import type { Plan } from './plan/plan.ts'
import { evaluateDiagnostic } from './values/messages.ts'
import type { Value } from './values/value.ts'

export interface LanguageTestResult {
  readonly title: string
  readonly test: TestDecl
  /** Empty if the test passes. */
  readonly diagnostics: readonly Diagnostic[]
}

/** A session in which experiments are values, with the figures of their plans. */
function testSession(program: Program, host: Host, bag: DiagnosticBag): Session {
  const values = new Map<ObjectDecl, Value>()
  const plans = new Map<Experiment, Plan | undefined>()
  const figure: PlanFigure = (experiment, quantity) => {
    if (!plans.has(experiment)) plans.set(experiment, buildPlan(experiment, program.entry.source.path, host, bag))
    const plan = plans.get(experiment)
    return plan && plannedQuantity(quantity, plan.document)
  }
  return {
    ...createSession(program, host, bag),
    experiment(declared, context) {
      const known = values.get(declared.decl)
      const value = known ?? experimentValue(declared, context, figure)
      values.set(declared.decl, value)
      return value
    },
  }
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

/** `==` of numbers that differ only by rounding. */
function nearlyEqual({ condition }: AssertStatement, env: Env, context: Context): { readonly fix?: Fix } {
  if (condition.kind !== 'Binary' || condition.operator !== '==') return {}
  // `==` compares values of any kind, `≈` numbers alone.
  const compared = [condition.left, condition.right].map((side) => context.session.evaluate(side, env, context))
  if (compared.some(({ kind }) => kind !== 'number')) return {}
  const near = context.session.evaluate({ ...condition, operator: '≈' }, env, context)
  if (near.kind !== 'bool' || !near.value) return {}
  const fix = { message: 'they are nearly equal: write `≈`', span: condition.operatorSpan, replacement: '≈' }
  return { fix }
}

function runTest(test: TestDecl, module: Module, program: Program, host: Host): LanguageTestResult {
  const bag = new DiagnosticBag()
  const context = staticContext(testSession(program, host, bag))
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
          ...nearlyEqual(statement, env, context),
        })
    })
  for (const expectation of env === undefined ? [] : test.expectations)
    attempt(() => {
      if (env !== undefined) expectError(expectation, { test, title, env, context })
    })
  return { title, test, diagnostics: bag.sorted() }
}

interface Expecting {
  readonly test: TestDecl
  readonly title: string
  readonly env: Env
  readonly context: Context
}

/** What a block in a test can have. */
const catalogues = [grammarError, nameDiagnostic, checkDiagnostic, evaluateDiagnostic, planDiagnostic]

/** Checks and evaluates the block of an `expect error`; other errors than the expected one are listed. */
function expectError(expectation: ExpectStatement, { test, title, env, context }: Expecting): void {
  const { session } = context
  const { code, body } = expectation
  const checker = createChecker(session.program, new DiagnosticBag())
  const found = [...mistakesOfExpectation(checker, test, expectation, env.module)]
  if (found.length === 0) {
    const bag = new DiagnosticBag()
    const apart = staticContext(testSession(session.program, session.host, bag))
    attempt(() => apart.session.evaluate(body, env, apart))
    found.push(...bag.sorted())
  }
  if (found.some((mistake) => mistake.code === code.text)) return
  const related = found.map(({ span, code: other, message }) => ({ span, message: `${other}: ${message}` }))
  const isKnown = catalogues.some(({ catalogue }) => Object.hasOwn(catalogue, code.text))
  if (!isKnown)
    fail(context, 'ARC4302', { title, code: code.text }, code.span, { label: 'no error has this code', related })
  const label = found.length === 0 ? 'this has no error' : 'this has another error'
  fail(context, 'ARC4302', { title, code: code.text }, body.span, { label, related })
}

/** Runs the tests of the entry module, each separately. */
export function runLanguageTests(program: Program, host: Host): readonly LanguageTestResult[] {
  return program.entry.tree.declarations
    .filter((declaration): declaration is TestDecl => declaration.kind === 'Test')
    .map((test) => runTest(test, program.entry, program, host))
}
