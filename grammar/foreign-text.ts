/** Comments, strings and numbers as other languages write them: each is reported once, with its spelling here. */
import type { DiagnosticBag } from './diagnostic.ts'
import { LINE_NOTE, REASSIGNMENT_NOTE } from './foreign.ts'
import { grammarError } from './messages.ts'
import { type Span, textOf } from './source.ts'

/** The characters with which foreign comments start. */
export const FOREIGN_COMMENT_STARTS: readonly string[] = ['#', '/', '-', '"', "'"]

/** From the opening to the closing mark; without that, to the end of the line. */
function until(text: string, start: number, close: string): number {
  const at = text.indexOf(close, start)
  return at < 0 ? lineEnd(text, start) : at + close.length
}

function lineEnd(text: string, start: number): number {
  const at = text.indexOf('\n', start)
  return at < 0 ? text.length : at
}

/** A line that starts with `/` and words, which no value has next to each other. */
const SLASH_COMMENT =
  /\/[ \t]*(?!(?:if|not|for)\b)[A-Za-z][\w.-]*[ \t]+(?!(?:and|or|div|mod|then|else|as|carry|per)\b)[A-Za-z]/y

/** Where a comment of another language ends: `# note`, `-- note` or `/ note` at the start of a line, or a block comment of C or Python. */
export function foreignCommentEnd(text: string, start: number): number | undefined {
  if (!FOREIGN_COMMENT_STARTS.includes(text.charAt(start))) return undefined
  const mark = text.slice(start, start + 3)
  if (mark.startsWith('#')) return lineEnd(text, start)
  if (mark.startsWith('/*')) return until(text, start + 2, '*/')
  if (mark === '"""' || mark === "'''") return until(text, start + 3, mark)
  SLASH_COMMENT.lastIndex = start
  if (mark !== '-- ' && !SLASH_COMMENT.test(text)) return undefined
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  return before.trim() === '' ? lineEnd(text, start) : undefined
}

/** Lines of a comment without its marks. */
function commentLines(image: string, open: number, close: number): readonly string[] {
  return image
    .slice(open, close === 0 ? undefined : -close)
    .split('\n')
    .map((line) => line.replace(/^\s*\*(?!\S)/, '').trim())
    .filter((line, i, all) => line !== '' || (i > 0 && i < all.length - 1))
}

export function reportForeignComment(span: Span, bag: DiagnosticBag): void {
  const image = textOf(span)
  const mark = ['#', '/*', '"""', "'''", '--', '/'].find((m) => image.startsWith(m)) ?? image
  const isLine = mark === '/*' && !image.includes('\n') && !image.endsWith('*/')
  if (mark === '#' || mark === '--' || mark === '/' || isLine) {
    const fix = { message: 'write `//`', span: { ...span, end: span.start + mark.length }, replacement: '//' }
    bag.add(grammarError('ARC1004', { mark }, span, { fix }))
    return
  }
  const { text } = span.source
  const close = mark === '/*' ? '*/' : mark
  const isClosed = image.length >= mark.length + close.length && image.endsWith(close)
  const isAlone = /^[ \t\r]*(?:\n|$)/.test(text.slice(span.end, span.end + 200))
  const indent = /[ \t]*$/.exec(text.slice(text.lastIndexOf('\n', span.start - 1) + 1, span.start))?.[0] ?? ''
  const lines = commentLines(image, mark.length, isClosed ? close.length : 0)
  const replacement = lines.map((line) => `// ${line}`.trimEnd()).join(`\n${indent}`)
  const fix = { message: 'write `//`', span, replacement }
  bag.add(grammarError('ARC1004', { mark }, span, isAlone && isClosed && lines.length > 0 ? { fix } : {}))
}

/** `\` at the end of a line. Returns whether the line goes on: the next one starts with an operator. */
export function reportContinuation(span: Span, bag: DiagnosticBag): boolean {
  const { source, start } = span
  const at = { source, start, end: start + 1 }
  const notes = [LINE_NOTE]
  const [next = '', indent = '', operator = ''] =
    /^([ \t]*)(\*\*|[-+*/](?!\/))[ \t]*/.exec(source.text.slice(span.end, span.end + 200)) ?? []
  const fix =
    operator === ''
      ? { message: 'remove it', span: at, replacement: '' }
      : {
          message: 'end the line in the operator',
          span: { source, start, end: span.end + next.length },
          replacement: `${operator}\n${indent}`,
        }
  bag.add(grammarError('ARC1001', { text: '`\\`' }, at, { notes, fix }))
  return operator !== ''
}

/** `@cached`, or the letter before `f"text"`. */
export function reportForeignMark(span: Span, bag: DiagnosticBag): void {
  const image = textOf(span)
  const fix = { message: 'remove it', span, replacement: '' }
  if (image.startsWith('@')) {
    const notes = image === '@' ? [] : ['declarations have no decorators']
    bag.add(grammarError('ARC1001', { text: `\`${image}\`` }, span, { notes, fix }))
    return
  }
  const notes = image.toLowerCase() === 'f' ? ['`{ }` contains an expression in every string'] : []
  bag.add(grammarError('ARC1085', { prefix: image }, span, { notes, fix }))
}

/** `0xff`, which is read as the number that it means. */
export function reportForeignNumber(span: Span, bag: DiagnosticBag): void {
  const text = textOf(span)
  const replacement = `${Number(text)}`
  const fix = { message: `write \`${replacement}\``, span, replacement }
  bag.add(grammarError('ARC1009', { text, reason: 'numbers are decimal' }, span, { fix }))
}

/** `a++`, which is read as `a`. */
export function reportIncrement(span: Span, bag: DiagnosticBag): void {
  bag.add(grammarError('ARC1011', {}, span, { notes: [REASSIGNMENT_NOTE] }))
}

/** `5e–4`: the number with a plain minus. */
export function readExponent(span: Span, bag: DiagnosticBag): string {
  const text = textOf(span)
  const at = text.search(/[^\w.]/)
  const dash = { ...span, start: span.start + at, end: span.start + at + 1 }
  const fix = { message: 'write `-`', span: dash, replacement: '-' }
  bag.add(grammarError('ARC1005', { found: text.charAt(at), right: '-' }, dash, { fix }))
  return `${text.slice(0, at)}-${text.slice(at + 1)}`
}

/** Where an `@` ends that stands between two values. */
export function productEnd(text: string, start: number): number | undefined {
  if (text.charAt(start) !== '@') return undefined
  const isAfterValue = /[\w)\]][ \t]*$/.test(text.slice(text.lastIndexOf('\n', start) + 1, start))
  return isAfterValue && /^[ \t]*[\w(]/.test(text.slice(start + 1, start + 80)) ? start + 1 : undefined
}

/** `a @ b` has no value, since what was meant depends on the types of both. */
export function reportProduct(span: Span, bag: DiagnosticBag): void {
  const notes = ['the product of two matrices is `matmul(a, b)`, that of numbers `a * b`']
  bag.add(grammarError('ARC1001', { text: '`@`' }, span, { notes }))
}

/** `O.1`, with the letter for the zero. */
export function readLetterZero(span: Span, bag: DiagnosticBag): string {
  const text = textOf(span)
  const replacement = `0${text.slice(1)}`
  const fix = { message: `write \`${replacement}\``, span, replacement }
  bag.add(grammarError('ARC1009', { text, reason: 'its first zero is a letter' }, span, { fix }))
  return replacement
}

/** `#include "nets.arc"`: the path, which a `use` takes if it is that of a file. */
export function readInclude(span: Span, bag: DiagnosticBag): string | undefined {
  const path = /["<]([^">]*)/.exec(textOf(span))?.[1] ?? ''
  const replacement = `use "${path}"`
  const isFile = path.endsWith('.arc')
  const extras = isFile
    ? { fix: { message: `write \`${replacement}\``, span, replacement } }
    : { notes: ['names are imported with `use std.margins: arcface`'] }
  bag.add(grammarError('ARC1206', { found: '`#include`' }, span, extras))
  return isFile ? path : undefined
}
