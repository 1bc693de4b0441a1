/** What an object extends: experiments, or another object of its kind. */
import type { ObjectDecl } from '../../grammar/ast.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { nameDiagnostic } from '../names/messages.ts'
import type { Declared, Definition, Module } from '../names/program.ts'
import { type Checker, report } from './checker.ts'
import { checkDiagnostic } from './messages.ts'
import { showKeyword } from './show-type.ts'
import { missingImport } from './unknown-names.ts'

/** The bases, nearest first; `undefined` if one of them is unknown or they form a cycle (reported). */
export function baseChain(checker: Checker, decl: ObjectDecl, module: Module): readonly Declared[] | undefined {
  const chain: Declared[] = []
  let at: Declared = { decl, module }
  while (at.decl.extends !== undefined) {
    const { text: name, span } = at.decl.extends
    const found = at.module.scope.get(name)
    if (found === undefined) {
      checker.baseless.add(decl.name)
      if (at.decl === decl) reportUnknownBase(checker, decl, module)
      return undefined
    }
    checker.used.add(found)
    const written = writtenDecl(found)
    if (written.kind !== 'Object' || written.keyword !== decl.keyword) {
      checker.baseless.add(decl.name)
      const keyword =
        written.kind === 'Object'
          ? showKeyword(written.keyword)
          : written.kind === 'Let'
            ? 'a `let`'
            : `a ${written.keyword}`
      const related = [{ span: written.name.span, message: 'declared here' }]
      if (at.decl === decl)
        report(
          checker,
          checkDiagnostic('ARC3216', { name, keyword, wanted: showKeyword(decl.keyword) }, span, { related }),
        )
      return undefined
    }
    if (written === decl) {
      reportCircle(checker, [decl, ...chain.map((base) => base.decl)])
      return undefined
    }
    if (chain.some((base) => base.decl === written)) return undefined
    at = { decl: written, module: found.module }
    chain.push(at)
  }
  return chain
}

/** The declaration as it is written, before it is joined with what it extends. */
function writtenDecl({ name, decl, module }: Definition): Definition['decl'] {
  const written = module.tree.declarations.find((other) => other.kind === 'Object' && other.name.text === name)
  return written?.kind === 'Object' && decl.name === written.name ? written : decl
}

/** Reports once for all participants: at the one that comes first in its file. */
function reportCircle(checker: Checker, circle: readonly ObjectDecl[]): void {
  const [decl, ...others] = circle
  if (decl?.extends === undefined) return
  const { source } = decl.span
  if (others.some((other) => other.span.source === source && other.span.start < decl.span.start)) return
  const related = others.flatMap((other) =>
    other.extends === undefined ? [] : [{ span: other.extends.span, message: 'extends this one' }],
  )
  const chain = [...circle, decl].map((link) => link.name.text)
  report(checker, nameDiagnostic('ARC2012', { chain }, decl.extends.span, { related }))
}

function reportUnknownBase(checker: Checker, decl: ObjectDecl, module: Module): void {
  if (decl.extends === undefined) return
  const { text: name, span } = decl.extends
  const missing = missingImport(checker, module, name, span)
  if (missing !== undefined) {
    report(checker, nameDiagnostic('ARC2011', { keyword: decl.keyword, name }, span, missing))
    return
  }
  const known = [...module.scope.values()]
    .filter((definition) => definition.decl.kind === 'Object' && definition.decl.keyword === decl.keyword)
    .map((definition) => definition.name)
    .filter((other) => other !== decl.name.text)
  const meant = nearest(name, known)
  const fix = didYouMean(meant, span)
  report(checker, nameDiagnostic('ARC2011', { keyword: decl.keyword, name }, span, fix))
}
