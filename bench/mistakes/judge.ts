/** Compares the diagnostics of a wrong file with what the file expects, and applies the fix of the first one. */
import { compileFile } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { lineText, positionAt, type SourceFile, showPlace } from '../../grammar/source.ts'
import { type Expectation, readExpectation } from './expectation.ts'

/** `undefined` where a file expects nothing of the kind. */
export interface Verdict {
  readonly path: string
  readonly line: boolean
  readonly column: boolean
  readonly suggestion: boolean | undefined
  /** Whether a fix is offered where the file expects one. */
  readonly fixed: boolean | undefined
  /** Whether the offered fix leaves no diagnostic on its line, nor new ones elsewhere. */
  readonly mended: boolean | undefined
  /** No more diagnostics than mistakes. */
  readonly noCascade: boolean
  /** No fewer diagnostics than mistakes. */
  readonly complete: boolean
  /** The diagnostics, one line each. */
  readonly shown: readonly string[]
}

/** What `arcc check` or `arcc plan` reports about every experiment of a file. */
export function diagnose(entry: SourceFile, host: Host, until: Expectation['phase']): readonly Diagnostic[] {
  const bag = new DiagnosticBag()
  for (const { diagnostics } of compileFile({ entry, until }, host))
    for (const diagnostic of diagnostics) bag.add(diagnostic)
  return bag.sorted()
}

function showDiagnostic({ code, message, label, notes, fix, span }: Diagnostic): string {
  const parts = [
    label,
    ...notes,
    fix === undefined ? undefined : `fix: ${fix.message} → ${JSON.stringify(fix.replacement)}`,
  ]
  return [`${showPlace(span)} ${code} ${message}`, ...parts.filter((part) => part !== undefined)].join(' | ')
}

/** Whether a diagnostic, or the text after its fix, contains a text as words of their own. */
function proposes(entry: SourceFile, diagnostic: Diagnostic, text: string): boolean {
  const { message, label, notes, fix, related } = diagnostic
  const fixed = fix === undefined ? '' : linesOf(mend(entry, [diagnostic]), entry, diagnostic)
  const said = [
    message,
    label ?? '',
    ...notes,
    fix?.message ?? '',
    fix?.replacement ?? '',
    fixed,
    ...related.map((r) => r.message),
  ]
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const before = /^\w/.test(text) ? '(?<![A-Za-z0-9_])' : ''
  const after = /\w$/.test(text) ? '(?![A-Za-z0-9_])' : ''
  const pattern = new RegExp(before + escaped + after)
  return said.some((part) => pattern.test(part))
}

/** The entry after the fixes of some diagnostics, the last one first. */
function mend(entry: SourceFile, diagnostics: readonly Diagnostic[]): SourceFile {
  const fixes = diagnostics.flatMap(({ fix }) => (fix?.span.source === entry ? [fix] : []))
  let { text } = entry
  for (const { span, replacement } of fixes.sort((x, y) => y.span.start - x.span.start))
    text = text.slice(0, span.start) + replacement + text.slice(span.end)
  return { ...entry, text }
}

/** The lines of a mended text that a diagnostic and its fix are on. */
function mendedLines(mended: SourceFile, entry: SourceFile, { span, fix }: Diagnostic): ReadonlySet<number> {
  if (fix === undefined) return new Set()
  const grown = mended.text.length - entry.text.length
  const after = (offset: number) => positionAt(mended, offset >= fix.span.end ? offset + grown : offset).line
  return new Set([after(span.start), after(fix.span.start), after(fix.span.end)])
}

function linesOf(mended: SourceFile, entry: SourceFile, diagnostic: Diagnostic): string {
  return [...mendedLines(mended, entry, diagnostic)].map((line) => lineText(mended, line)).join('\n')
}

/** Whether the fixes on the line of the first diagnostic remove what is wrong there and add nothing. */
function mends(
  entry: SourceFile,
  all: readonly Diagnostic[],
  check: (entry: SourceFile) => readonly Diagnostic[],
): boolean {
  const [first] = all
  if (first?.fix === undefined || first.fix.span.source !== entry) return false
  const line = positionAt(entry, first.span.start).line
  const mended = mend(
    entry,
    all.filter(({ span }) => span.source === entry && positionAt(entry, span.start).line === line),
  )
  const lines = mendedLines(mended, entry, first)
  const left = check(mended).filter(({ severity }) => severity === first.severity)
  return left.length <= all.length && left.every((d) => !lines.has(positionAt(mended, d.span.start).line))
}

/** Judges one file of the corpus. */
export function judge(entry: SourceFile, host: Host): Verdict {
  const expected = readExpectation(entry)
  const check = (source: SourceFile) => diagnose(source, host, expected.phase)
  const diagnostics = check(entry)
  const [first] = diagnostics
  const place = first !== undefined && first.span.source === entry ? positionAt(entry, first.span.start) : undefined
  const line = place?.line === expected.place.line
  return {
    path: entry.path,
    line,
    column: line && place?.column === expected.place.column,
    suggestion:
      expected.suggests === undefined ? undefined : first !== undefined && proposes(entry, first, expected.suggests),
    fixed: expected.mends ? first?.fix !== undefined : undefined,
    mended: first?.fix === undefined ? undefined : mends(entry, diagnostics, check),
    noCascade: diagnostics.length <= expected.diagnostics,
    complete: diagnostics.length >= expected.diagnostics,
    shown: diagnostics.map(showDiagnostic),
  }
}
