/** Circular definitions: recursion, which the language does not have, and circular `let`s. */
import type { Span } from '../../grammar/source.ts'
import { nameDiagnostic } from '../names/messages.ts'
import { type Checker, type Decl, report } from './checker.ts'
import { checkDiagnostic } from './messages.ts'

interface Step {
  readonly decl: Decl
  /** Where the next one is referenced. */
  readonly span: Span
}

/** Reports every cycle once, at the first reference into it. */
export function checkCycles(checker: Checker): void {
  const finished = new Set<Decl>()
  const path: Step[] = []
  const visit = (decl: Decl) => {
    for (const [target, span] of checker.references.get(decl) ?? []) {
      const start = path.findIndex((step) => step.decl === target)
      if (target === decl) reportCycle(checker, [{ decl, span }])
      else if (start >= 0) reportCycle(checker, [...path.slice(start), { decl, span }])
      else if (!finished.has(target)) {
        path.push({ decl, span })
        visit(target)
        path.pop()
      }
    }
    finished.add(decl)
  }
  for (const decl of checker.references.keys()) if (!finished.has(decl)) visit(decl)
}

function reportCycle(checker: Checker, steps: readonly Step[]): void {
  const [first, ...others] = steps
  if (first === undefined) return
  const name = first.decl.name.text
  const chain = steps.length === 1 ? [] : [[...steps.map((step) => step.decl.name.text), name].join(' → ')]
  const related = others.map((step) => ({ span: step.span, message: `\`${step.decl.name.text}\` leads back here` }))
  if (steps.some((step) => step.decl.kind === 'Let'))
    report(checker, nameDiagnostic('ARC2010', { name }, first.span, { notes: chain, related }))
  else {
    const notes = [...chain, 'loops are `for` over a range or a list']
    report(checker, checkDiagnostic('ARC3109', { name }, first.span, { notes, related }))
  }
}
