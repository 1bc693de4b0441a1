/** Declarations of functions, blocks and backbones, top-level `let`s and tests. */
import type { ExpectStatement, Expr, FunctionDecl, ObjectDecl, Parameter, TestDecl } from '../../grammar/ast.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import { walk } from '../../grammar/visit.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { qualifiedName } from '../names/module-reference.ts'
import type { Module } from '../names/program.ts'
import { unknown } from '../types/type.ts'
import { checkBlockArgument } from './arguments.ts'
import { bind, type Checker, innerScope, isStdlib, moduleScope, report, type Scope } from './checker.ts'
import { bindLets, checkCondition, noteUnused, noteUnusedParameters } from './control.ts'
import { baseChain } from './extends.ts'
import { checkDiagnostic } from './messages.ts'
import { experimentType } from './readable.ts'
import { showType } from './show-type.ts'
import { parameterScope, parameterType, resultType } from './signatures.ts'
import { checkTypeNode, typeOfNode } from './type-nodes.ts'

/** Types, defaults and distinct names of parameters; the scope holds all of them. */
export function checkParameters(checker: Checker, decl: FunctionDecl | ObjectDecl, outer: Scope): Scope {
  const scope = parameterScope(checker, decl, outer)
  const seen = new Map<string, Parameter>()
  for (const parameter of decl.parameters) {
    const name = parameter.name.text
    const first = seen.get(name)
    if (first !== undefined) {
      const related = [{ span: first.name.span, message: 'first declared here' }]
      report(checker, nameDiagnostic('ARC2003', { name }, parameter.name.span, { label: 'declared again', related }))
    }
    seen.set(name, parameter)
    if (parameter.type !== undefined) checkTypeNode(checker, parameter.type, scope)
    else if (parameter.default === undefined) {
      const fix = {
        message: 'add its type',
        span: { ...parameter.span, start: parameter.name.span.end },
        replacement: ': float',
      }
      report(checker, checkDiagnostic('ARC3108', { name }, parameter.name.span, { fix }))
    }
    if (parameter.default === undefined) continue
    if (parameter.type === undefined) checker.infer(parameter.default, scope)
    else {
      const origin = { span: parameter.type.span, message: 'the type is declared here' }
      const expected = {
        type: typeOfNode(parameter.type),
        what: `the default of \`${name}\``,
        verb: 'must be' as const,
        origin,
      }
      const type = checker.check(parameter.default, scope, expected)
      if (expected.type.kind === 'block' && decl.kind === 'Function')
        checkBlockArgument(checker, parameter.default, type, { what: expected.what, name, owner: decl })
    }
  }
  return scope
}

export function checkFunction(checker: Checker, decl: FunctionDecl, module: Module): void {
  const scope = checkParameters(checker, decl, moduleScope(module, decl))
  if (decl.result !== undefined) checkTypeNode(checker, decl.result, scope)
  let isSound = true
  if (decl.keyword === 'backbone') isSound = checkBackboneHead(checker, decl, scope)
  if (decl.keyword === 'block') isSound = checkBlockHead(checker, decl, scope)
  if (decl.body === undefined) {
    if (!isStdlib(module)) refuseExtern(checker, decl)
    return
  }
  checkBody(checker, decl, decl.body, scope, isSound)
  const input =
    decl.input === undefined || decl.input.name.span.start === decl.input.name.span.end ? [] : [decl.input.name]
  // What stands at the end of a pipeline has a tensor as its first parameter, whether it needs its values or not.
  const [first] = decl.parameters
  const isPiped = first !== undefined && parameterType(checker, first, scope).kind === 'tensor'
  const parameters = isPiped ? decl.parameters.slice(1) : decl.parameters
  noteUnusedParameters(checker, [...parameters.map((parameter) => parameter.name), ...input])
}

/** A primitive that arcc does not have. */
function refuseExtern(checker: Checker, decl: FunctionDecl): void {
  const { text: name, span } = decl.name
  report(
    checker,
    checkDiagnostic('ARC3185', { name }, span, { notes: ['only the standard library declares primitives'] }),
  )
}

function checkBody(checker: Checker, decl: FunctionDecl, body: Expr, scope: Scope, isSound: boolean): void {
  if (decl.result === undefined || !isSound) {
    if (isSound) resultType(checker, decl)
    else checker.infer(body, scope)
    return
  }
  const origin = { span: decl.result.span, message: 'the result is declared here' }
  const what = `the result of \`${decl.name.text}\``
  checker.check(body, scope, { type: typeOfNode(decl.result), what, verb: 'must be', origin })
}

function checkBlockHead(checker: Checker, decl: FunctionDecl, scope: Scope): boolean {
  const [first] = decl.parameters
  const type = first === undefined ? undefined : parameterType(checker, first, scope)
  if (type?.kind === 'tensor' || type?.kind === 'unknown') return true
  const label = type === undefined ? 'it has no parameters' : `this is ${showType(type)}`
  const span = first?.type?.span ?? first?.span ?? decl.name.span
  const notes = ['`x: Image`, `x: Vector` and `x: Tensor` are tensors; a function without a tensor is a `fn`']
  report(checker, checkDiagnostic('ARC3112', { name: decl.name.text }, span, { label, notes }))
  if (first !== undefined) bind(scope, first.name.text, unknown, first.name.span, 'parameter')
  return false
}

/** `on Image(112, 112, 3) -> Vector(embedding)`: both with their sizes, which planning requires. */
function checkBackboneHead(checker: Checker, decl: FunctionDecl, scope: Scope): boolean {
  const { text: name } = decl.name
  let isSound = true
  const complain = (problem: string, span: FunctionDecl['span']) => {
    isSound = false
    const notes = ['a backbone is declared as `backbone name(…) on Image(112, 112, 3) -> Vector(512) { … }`']
    report(checker, checkDiagnostic('ARC3113', { name, problem }, span, { notes }))
  }
  const on = decl.input?.type
  if (decl.input === undefined || on === undefined)
    complain('does not say what images it takes', decl.input?.span ?? decl.name.span)
  else {
    const type = checkTypeNode(checker, on, scope)
    const sized = on.kind === 'NamedType' && on.arguments.length > 0
    const isImage = type.kind === 'tensor' && type.form === 'Image'
    if (type.kind !== 'unknown' && !isImage) complain(`takes images, not ${showType(type)}`, on.span)
    else if (isImage && !sized) complain('does not say the size of its images', on.span)
  }
  if (decl.result === undefined) complain('does not say what it gives', decl.name.span)
  else {
    const type = typeOfNode(decl.result)
    const isVector = type.kind === 'tensor' && type.form === 'Vector'
    if (type.kind !== 'unknown' && !isVector) complain(`gives vectors, not ${showType(type)}`, decl.result.span)
  }
  return isSound
}

/** The experiments that a test names, as values: only tests can read them. */
function experimentsIn(checker: Checker, decl: TestDecl, module: Module): Scope {
  const scope = moduleScope(module, undefined)
  walk(decl, (node) => {
    const name = node.kind === 'Member' ? qualifiedName(node, module) : node
    const definition = name?.kind === 'Name' ? module.scope.get(name.name) : undefined
    if (name?.kind !== 'Name' || definition?.decl.kind !== 'Object') return true
    const { decl: found, module: home } = definition
    if (found.keyword !== 'experiment' || scope.bindings.has(name.name)) return true
    const bases = baseChain(checker.silent(), found, home)
    checker.used.add(definition)
    const type = bases && experimentType(checker, [{ decl: found, module: home }, ...bases])
    bind(scope, name.name, type ?? unknown, found.name.span, 'field')
    return true
  })
  return scope
}

/** The scope of the statements of a test. */
function testScope(checker: Checker, decl: TestDecl, module: Module): Scope {
  const scope = innerScope(experimentsIn(checker, decl, module))
  bindLets(checker, decl.lets, scope)
  return scope
}

export function checkTest(checker: Checker, decl: TestDecl, module: Module): void {
  const scope = testScope(checker, decl, module)
  checker.infer(decl.title, scope)
  for (const assert of decl.asserts) checkCondition(checker, assert.condition, scope, '`assert`')
  for (const expectation of decl.expectations) {
    const found = mistakesIn(checker, expectation.body, scope)
    // With the expected error among them, the others may follow from it.
    if (!found.some(({ code }) => code === expectation.code.text)) for (const mistake of found) report(checker, mistake)
  }
  if (decl.asserts.length + decl.expectations.length === 0) {
    const notes = ['write `assert condition`, or `expect error ARC4213 { … }`']
    report(checker, checkDiagnostic('ARC3288', {}, decl.title.span, { notes }))
  }
  noteUnused(checker, scope)
}

/** The errors of an expression that the checker finds, without reporting them; the names in it are used. */
function mistakesIn(checker: Checker, expr: Expr, scope: Scope): readonly Diagnostic[] {
  const apart = checker.apart()
  apart.infer(expr, scope)
  for (const name of apart.used) checker.used.add(name)
  return apart.bag.sorted().filter(({ severity }) => severity === 'error')
}

/** The errors that the checker finds in the block of an `expect error`. */
export function mistakesOfExpectation(
  checker: Checker,
  decl: TestDecl,
  { body }: ExpectStatement,
  module: Module,
): readonly Diagnostic[] {
  return mistakesIn(checker, body, testScope(checker, decl, module))
}
