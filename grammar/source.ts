/** Source text and places in it. A place is a pair of offsets; line and column are computed on demand. */

/** One `.arc` text: a file, or the value of `--set`. */
export interface SourceFile {
  /** As shown to the user: relative to the working directory of `arcc`, or `std/…` for the standard library. */
  readonly path: string
  readonly text: string
}

/** A half-open range of UTF-16 offsets, `start` ≤ `end`. */
export interface Span {
  readonly source: SourceFile
  readonly start: number
  readonly end: number
}

/** A 1-based line and column (columns count UTF-16 units). */
export interface Position {
  readonly line: number
  readonly column: number
}

const lineStartsOf = new WeakMap<SourceFile, readonly number[]>()

/** Offsets at which the lines of a source start. */
export function lineStarts(source: SourceFile): readonly number[] {
  let starts = lineStartsOf.get(source)
  if (starts === undefined) {
    const found = [0]
    for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) found.push(at + 1)
    starts = found
    lineStartsOf.set(source, starts)
  }
  return starts
}

/** The line and column of an offset; offsets beyond the text are clamped to its end. */
export function positionAt(source: SourceFile, offset: number): Position {
  const starts = lineStarts(source)
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
}

/** The text of a 1-based line, without its line end. */
export function lineText(source: SourceFile, line: number): string {
  const starts = lineStarts(source)
  const start = starts[line - 1] ?? source.text.length
  const end = starts[line] ?? source.text.length + 1
  return source.text.slice(start, end - 1).replace(/\r$/, '')
}

/** The smallest span that contains both; they must be in the same source. */
export function joinSpans(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) }
}

/** The text of a span. */
export function textOf(span: Span): string {
  return span.source.text.slice(span.start, span.end)
}

/** `path:line:column`, the form that terminals and editors turn into a link. */
export function showPlace(span: Span): string {
  const { line, column } = positionAt(span.source, span.start)
  return `${span.source.path}:${line}:${column}`
}

/** The name of a file, which may contain anything, on one line: control characters as escapes. */
export function showName(name: string): string {
  return name.replace(/\p{Cc}/gu, (sign) => JSON.stringify(sign).slice(1, -1))
}
