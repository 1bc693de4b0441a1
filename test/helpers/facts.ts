/**
 * Diagnostics as facts: codes, places, parameters, edits. Their words are tested in only two ways: messages in
 * `test/catalogue.test.ts`; labels, notes and texts of fixes with `wordsOf`.
 */
import { expect } from 'vitest'
import type { Diagnostic, Params } from '../../grammar/diagnostic.ts'
import { positionAt, type Span, showPlace } from '../../grammar/source.ts'

/** `ARC3009 1:15 operator: div, wanted: whole numbers, found: bytes` */
export function brief(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map((diagnostic) => {
    const { line, column } = positionAt(diagnostic.span.source, diagnostic.span.start)
    return [diagnostic.code, `${line}:${column}`, showParams(diagnostic.params)].join(' ').trimEnd()
  })
}

/** The same without places. */
export function saidBy(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code, params }) => `${code} ${showParams(params)}`.trimEnd())
}

/** `name: x, names: [a, b]`; empty if there are none. */
function showParams(params: Params): string {
  const show = (value: Params[string]) => (typeof value === 'object' ? `[${value.join(', ')}]` : String(value))
  return Object.entries(params)
    .map(([name, value]) => `${name}: ${show(value)}`)
    .join(', ')
}

/** Everything except words: the code, the marked text, the parameters, the other places, the edit. */
export function factsOf(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ code, span, params, related, label, notes, fix }) => {
      const beside = [
        ...(label === undefined ? [] : ['a label']),
        ...(notes.length === 0 ? [] : [`notes: ${notes.length}`]),
      ]
      return [
        `${code} ${showSpan(span)}`,
        showParams(params),
        ...related.map((other) => `also ${showSpan(other.span)}`),
        ...(fix === undefined ? [] : [`fix  ${showSpan(fix.span)} → ${JSON.stringify(fix.replacement)}`]),
        beside.join(', '),
      ]
        .filter((line) => line !== '')
        .join('\n  ')
    })
    .map((block) => `${block}\n`)
    .join('\n')
}

/** ``small.arc:4:13 `arcface(m: 30)` ``; for several lines, the first. */
function showSpan(span: Span): string {
  const marked = span.source.text.slice(span.start, span.end).split('\n')
  return `${showPlace(span)} \`${marked[0]}${marked.length > 1 ? ' …' : ''}\``
}

/** The words other than messages, each once, by code. */
export function wordsOf(diagnostics: readonly Diagnostic[]): string {
  const lines = diagnostics.flatMap(({ code, label, related, notes, fix }) => [
    ...(label === undefined ? [] : [`${code} label: ${label}`]),
    ...related.map(({ message }) => `${code} also:  ${message}`),
    ...notes.map((note) => `${code} note:  ${note}`),
    ...(fix === undefined ? [] : [`${code} fix:   ${fix.message}`]),
  ])
  return `${[...new Set(lines)].sort().join('\n')}\n`
}

/** An `ArccError` with at least these parameters, for `toThrow` and `rejects.toThrow`. */
export function anError(code: string, params: Record<string, unknown> = {}): unknown {
  return expect.objectContaining({ code, params: expect.objectContaining(params) })
}
