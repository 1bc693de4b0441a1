/** Renders diagnostics: for users in rustc's layout, for programs as JSON. No other file does. */
import pc from 'picocolors'
import type { Colors } from 'picocolors/types.js'
import type { Diagnostic, Fix, Related, Severity } from '../../grammar/diagnostic.ts'
import { lineText, positionAt, type SourceFile, type Span, showPlace } from '../../grammar/source.ts'
import { wrapText } from './fit.ts'
import {
  type Annotation,
  displayColumn,
  expandTabs,
  type FrameRow,
  type MarkKind,
  paint,
  sourceFrame,
} from './source-frame.ts'
import { textWidth } from './text-width.ts'

export interface RenderOptions {
  readonly color: boolean
  /** Columns of the terminal; longer source lines are clipped around the place. */
  readonly width: number
  /** Whether sentences are wrapped too; in a pipe each stays on one line. */
  readonly wraps?: boolean
}

/** All diagnostics, separated by empty lines. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  const colors = pc.createColors(options.color)
  return diagnostics.map((diagnostic) => renderOne(diagnostic, colors, options)).join('\n')
}

/** `2 errors, 1 warning` */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((d) => d.severity === 'error').length
  const warnings = diagnostics.length - errors
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
  return warnings === 0 ? plural(errors, 'error') : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`
}

function renderOne(diagnostic: Diagnostic, colors: Colors, { width, wraps = false }: RenderOptions): string {
  const sentence = wraps ? width : Number.POSITIVE_INFINITY
  const edit = diagnostic.fix === undefined ? [] : fixRows(diagnostic.fix, colors)
  const lines = [diagnostic.span, ...diagnostic.related.map((r) => r.span)].map(
    (span) => positionAt(span.source, span.start).line,
  )
  const gutterWidth = Math.max(...lines.map((line) => `${line}`.length), ...edit.map((row) => row.gutter.length))
  const bar = colors.bold(colors.blue('|'))
  const out: string[] = []
  const row = ({ gutter, text }: FrameRow) => {
    if (gutter === '...') out.push(colors.bold(colors.blue('...')))
    else out.push(`${colors.bold(colors.blue(gutter.padStart(gutterWidth)))} ${bar}${text === '' ? '' : ` ${text}`}`)
  }
  const empty = { gutter: '', text: '' }
  const margin = ' '.repeat(gutterWidth)

  const { severity } = diagnostic
  const head = `${paint(colors, severity, `${severity}[${diagnostic.code}]`)}${colors.bold(`: ${diagnostic.message}`)}`
  out.push(...wrapText(head, sentence))
  const room = Math.max(20, width - gutterWidth - 3)
  for (const [index, annotations] of bySource(diagnostic).entries()) {
    const first = annotations[0]
    if (first === undefined) continue
    out.push(`${margin}${colors.bold(colors.blue(index === 0 ? '-->' : ':::'))} ${showPlace(first.span)}`)
    if (diagnostic.isSecret === true) continue
    row(empty)
    for (const line of sourceFrame(annotations, colors, room)) row(line)
  }
  const notes = [...diagnostic.notes, ...variantNote(diagnostic)]
  if (notes.length > 0) row(empty)
  for (const note of notes) {
    const lead = `${margin} ${colors.bold(colors.blue('='))} ${colors.bold('note')}: `
    const lines = note.split('\n').flatMap((line) => wrapText(line, sentence - gutterWidth - 9))
    out.push(lead + lines.join(`\n${' '.repeat(gutterWidth + 9)}`))
  }
  if (diagnostic.fix !== undefined) {
    out.push(...wrapText(`${colors.bold(colors.cyan('help'))}: ${diagnostic.fix.message}`, sentence))
    row(empty)
    for (const line of edit) row(line)
  }
  return `${out.join('\n')}\n`
}

/** How many variants are named before the rest is counted. */
const fewVariants = 3

/** A note with the variants of a sweep that a diagnostic belongs to. */
function variantNote({ variants = [] }: Diagnostic): readonly string[] {
  if (variants.length === 0) return []
  const few = variants.slice(0, fewVariants).map((name) => `\`${name}\``)
  const rest = variants.length - few.length
  return [`in ${few.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`]
}

/** The primary and the related places, grouped by source; the primary's source comes first. */
function bySource(diagnostic: Diagnostic): readonly (readonly Annotation[])[] {
  const groups = new Map<SourceFile, Annotation[]>()
  groups.set(diagnostic.span.source, [
    { span: diagnostic.span, kind: diagnostic.severity, label: diagnostic.label ?? '' },
  ])
  const seen = new Set<string>()
  for (const related of diagnostic.related) {
    const key = `${showPlace(related.span)} ${related.message}`
    if (seen.has(key)) continue
    seen.add(key)
    const group = groups.get(related.span.source) ?? []
    group.push({ span: related.span, kind: 'secondary', label: related.message })
    groups.set(related.span.source, group)
  }
  return [...groups.values()]
}

/** The lines after the fix, with changes marked below; a deletion shows the line before and after. */
function fixRows(fix: Fix, colors: Colors): readonly FrameRow[] {
  const { source, start, end } = fix.span
  const text = source.text.slice(0, start) + fix.replacement + source.text.slice(end)
  const edited: SourceFile = { path: source.path, text }
  const firstLine = positionAt(edited, start).line
  if (fix.replacement === '') {
    const before = expandTabs(lineText(source, positionAt(source, start).line))
    const after = expandTabs(lineText(edited, firstLine)).trimEnd()
    return [
      { gutter: `${firstLine}`, text: colors.red(`- ${before}`) },
      { gutter: `${firstLine}`, text: colors.green(`+ ${after}`) },
    ]
  }
  const kind: MarkKind = start === end ? 'added' : 'changed'
  const glyph = kind === 'added' ? '+' : '~'
  const rows: FrameRow[] = []
  let offset = start
  const added = fix.replacement.replace(/\n$/, '').split('\n')
  for (const piece of added) {
    const { line, column } = positionAt(edited, offset)
    const shown = lineText(edited, line)
    rows.push({ gutter: `${line}`, text: expandTabs(shown) })
    const blank = piece.length - piece.trimStart().length
    const from = displayColumn(shown, column - 1 + blank)
    const width = textWidth(piece.trim())
    if (width > 0) rows.push({ gutter: '', text: ' '.repeat(from) + paint(colors, kind, glyph.repeat(width)) })
    offset += piece.length + 1
  }
  return rows
}

/** A place in numbers: 1-based lines and columns, the end exclusive. */
interface JsonPlace {
  readonly path: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly label: string | undefined
  readonly related: readonly (JsonPlace & { readonly message: string })[]
  readonly notes: readonly string[]
  /** `undefined` if the diagnostic does not depend on a variant of a sweep. */
  readonly variants: readonly string[] | undefined
  readonly fix: (JsonPlace & { readonly message: string; readonly replacement: string }) | undefined
}

function jsonPlace(span: Span): JsonPlace {
  const from = positionAt(span.source, span.start)
  const to = positionAt(span.source, span.end)
  return { path: span.source.path, line: from.line, column: from.column, endLine: to.line, endColumn: to.column }
}

/** The same facts as the text form, for editors and CI. */
export function diagnosticToJson(diagnostic: Diagnostic): JsonDiagnostic {
  const { code, severity, message, label, notes, variants, fix } = diagnostic
  return {
    code,
    severity,
    message,
    ...jsonPlace(diagnostic.span),
    label,
    related: diagnostic.related.map((related: Related) => ({ ...jsonPlace(related.span), message: related.message })),
    notes,
    variants,
    fix: fix && { ...jsonPlace(fix.span), message: fix.message, replacement: fix.replacement },
  }
}
