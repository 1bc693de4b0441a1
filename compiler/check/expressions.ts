/** The type of every kind of expression, and the checker itself. */
import type { Expr, FunctionDecl } from '../../grammar/ast.ts'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Module, Program } from '../names/program.ts'
import { bool, type Type, unknown } from '../types/type.ts'
import { typeOfCall, typeOfPipe } from './calls.ts'
import type { Checker, Decl, Expected, Scope } from './checker.ts'
import { typeOfBlock, typeOfFor, typeOfIf, typeOfList, typeOfRange, typeOfRecord } from './control.ts'
import { membersOf } from './fit.ts'
import { typeOfBatch, typeOfNumber, typeOfString } from './literals.ts'
import { typeOfIndex, typeOfMember } from './members.ts'
import {
  expectType,
  noteQuotedMember,
  reportCalledBlock,
  reportQuotedName,
  reportRecord,
  reportUnknownMember,
} from './mismatch.ts'
import { isNone, qualified, typeOfName } from './names.ts'
import { typeOfBinary, typeOfUnary } from './operators.ts'
import { typeOfSection } from './sections.ts'
import { isDeclared, reportForeignPath, reportHyphens } from './unknown-names.ts'

function infer(checker: Checker, expr: Expr, scope: Scope, hint?: Type): Type {
  switch (expr.kind) {
    case 'Number':
      return typeOfNumber(checker, expr)
    case 'String':
      return typeOfString(checker, expr, scope)
    case 'Bool':
      return bool
    case 'Name':
      return typeOfName(checker, expr, scope, hint)
    case 'List':
      return typeOfList(checker, expr, scope, undefined, hint)
    case 'Range':
      return typeOfRange(checker, expr, scope)
    case 'Record':
      return typeOfRecord(checker, expr, scope)
    case 'Unary':
      return typeOfUnary(checker, expr, scope)
    case 'Binary':
      return typeOfBinary(checker, expr, scope)
    case 'Pipe':
      return typeOfPipe(checker, expr, scope, hint)
    case 'Call':
      return typeOfCall(checker, expr, scope, hint)
    case 'Member': {
      const name = qualified(expr, scope)
      return name === undefined ? typeOfMember(checker, expr, scope) : typeOfName(checker, name, scope, hint)
    }
    case 'Index':
      return typeOfIndex(checker, expr, scope)
    case 'If':
      return typeOfIf(checker, expr, scope, undefined, hint)
    case 'For':
      return typeOfFor(checker, expr, scope)
    case 'Block':
      return typeOfBlock(checker, expr, scope, undefined, hint)
    case 'Batch':
      return typeOfBatch(checker, expr, scope)
    case 'SectionValue':
      return typeOfSection(checker, expr, scope)
    case 'Error':
      return unknown
  }
}

/** Propagates the expected type into the branches of an `if`, the value of a block and the elements of a list. */
function check(checker: Checker, expr: Expr, scope: Scope, expected: Expected): Type {
  const inner = expected.type.kind === 'optional' ? { ...expected, type: expected.type.inner } : expected
  switch (expr.kind) {
    case 'If':
      return expectType(checker, expr, typeOfIf(checker, expr, scope, expected, expected.type), expected)
    case 'Block': {
      const { type } = inner
      const isPlain = expr.lets.length === 0 && expr.requires.length === 0 && expr.value.kind === 'Name'
      if (type.kind === 'list' && isPlain)
        return expectType(checker, expr, typeOfBlock(checker, expr, scope, undefined, type.element), inner)
      return typeOfBlock(checker, expr, scope, expected, expected.type)
    }
    case 'List':
      return expectType(checker, expr, typeOfList(checker, expr, scope, inner, inner.type), inner)
    case 'Name':
      if (isNone(expr.name, scope, expected.type)) return expected.type
      if (isUnknownMember(expr.name, scope, inner.type)) {
        reportUnknownMember(checker, expr, inner)
        return inner.type
      }
      if (isElement(expr.name, scope, inner.type)) {
        const element: Type = { kind: 'enum', name: expr.name, members: [expr.name] }
        return expectType(checker, expr, element, inner)
      }
      break
    case 'Member':
      if (reportForeignPath(checker, expr, scope, inner.type)) return inner.type
      break
    case 'Binary':
      if (reportHyphens(checker, expr, scope, inner.type)) return inner.type
      break
    case 'String':
      if (reportQuotedName(checker, expr, scope, inner)) return inner.type
      noteQuotedMember(checker, expr, inner.type)
      break
    case 'Record':
      if (reportRecord(checker, expr, scope, inner)) return inner.type
      break
    case 'Call':
      if (reportCalledBlock(checker, expr, scope, inner)) return inner.type
      break
    default:
      break
  }
  const type = infer(checker, expr, scope, inner.type)
  return expectType(checker, expr, type, type.kind === 'optional' ? expected : inner)
}

/** A name that is neither an enum member of the place nor defined anywhere. */
function isUnknownMember(name: string, scope: Scope, wanted: Type): boolean {
  const members = membersOf(wanted)
  if (members.length === 0 || members.includes(name)) return false
  return !isDeclared(name, scope)
}

/** A name that is a member of the elements of the list that its place takes: `sets = holdout`. */
function isElement(name: string, scope: Scope, wanted: Type): boolean {
  return wanted.kind === 'list' && membersOf(wanted.element).includes(name) && !isDeclared(name, scope)
}

/** A checker of a program, with nothing checked yet. */
export function createChecker(program: Program, bag: DiagnosticBag): Checker {
  const modules = new Map(
    program.modules.flatMap((module) => [...module.own.values()].map(({ decl }): [Decl, Module] => [decl, module])),
  )
  let silent: Checker | undefined
  const checker: Checker = {
    program,
    bag,
    used: new Set(),
    usedParameters: new Set(),
    hiddenParameters: new Map(),
    unknownNames: new Set(),
    warnings: [],
    baseless: new Set(),
    lets: new Map(),
    results: new Map<FunctionDecl, Type>(),
    open: new Set(),
    modules,
    references: new Map(),
    silent: () => {
      silent ??= createChecker(program, new DiagnosticBag())
      return silent
    },
    apart: () => createChecker(program, new DiagnosticBag()),
    into: (other) => withBag(checker, other),
    infer: (expr, scope, hint) => infer(checker, expr, scope, hint),
    check: (expr, scope, expected) => check(checker, expr, scope, expected),
  }
  return checker
}

function withBag(checker: Checker, bag: DiagnosticBag): Checker {
  const inner: Checker = {
    ...checker,
    bag,
    warnings: [],
    infer: (expr, scope, hint) => infer(inner, expr, scope, hint),
    check: (expr, scope, expected) => check(inner, expr, scope, expected),
  }
  return inner
}
