/** Strings as the lexer sees them: where one ends, which text is literal, and where its holes are. */
import type { DiagnosticBag } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import type { SourceFile } from './source.ts'

/** Strings within holes within strings: more than anyone writes, few enough to recurse. */
const MAX_NESTING = 20

const CLOSERS: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '“': '”"“', '”': '”"“' }
export const STRING_STARTS: readonly string[] = Object.keys(CLOSERS)

/** Offsets of a string: its quotes, and the contents of its holes. */
export interface StringShape {
  readonly start: number
  /** After the closing quote, or where an unclosed string stops. */
  readonly end: number
  readonly isClosed: boolean
  readonly holes: readonly { readonly start: number; readonly end: number }[]
  /** The brace of an unclosed hole; the string is then read as if it had no holes. */
  readonly openHole: number | undefined
}

/** Finds the end of the string that starts at `start`; strings end at the end of their line at the latest. */
export function scanString(text: string, start: number): StringShape {
  const scan = scanOnce(text, start, 0)
  if (typeof scan !== 'number') return scan
  const closers = CLOSERS[text.charAt(start)] ?? ''
  let at = start + 1
  while (at < text.length && text[at] !== '\n') {
    if (closers.includes(text.charAt(at))) {
      return { start, end: at + 1, isClosed: true, holes: [], openHole: scan >= 0 && scan < at ? scan : undefined }
    }
    at += text[at] === '\\' && text[at + 1] !== '\n' ? 2 : 1
  }
  // `"a"", b` has one quote too many, and code behind it.
  if (text[start] === '"' && text[start - 1] === '"')
    return { start, end: start + 1, isClosed: false, holes: [], openHole: undefined }
  // Text that most likely closes something around the string is excluded.
  const line = text.slice(start, at)
  const end = start + Math.max(1, line.replace(/[\s)\]},]+$/, '').length)
  return { start, end, isClosed: false, holes: [], openHole: undefined }
}

/** A shape, or the offset of the unclosed hole, or -1 if the string is not closed. */
function scanOnce(text: string, start: number, nesting: number): StringShape | number {
  const closers = CLOSERS[text.charAt(start)] ?? ''
  const holes: { start: number; end: number }[] = []
  let at = start + 1
  while (at < text.length) {
    const c = text.charAt(at)
    if (closers.includes(c)) return { start, end: at + 1, isClosed: true, holes, openHole: undefined }
    if (c === '\n') return -1
    if (c === '\\') at += escapeLength(text, at)
    else if (c === '{') {
      const end = holeEnd(text, at + 1, nesting)
      if (end < 0) return at
      holes.push({ start: at + 1, end })
      at = end + 1
    } else at += 1
  }
  return -1
}

/** The offset of the brace that closes a hole, or -1. */
function holeEnd(text: string, start: number, nesting: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const c = text.charAt(at)
    if (c === '\n') return -1
    if (c === '{') depth += 1
    if (c === '}' && depth-- === 0) return at
    if (c === '"') {
      const inner = nesting < MAX_NESTING ? scanOnce(text, at, nesting + 1) : -1
      if (typeof inner === 'number') return -1
      at = inner.end
    } else at += 1
  }
  return -1
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '{': '{',
  '}': '}',
}
const UNICODE_ESCAPE = /^\\u\{([0-9A-Fa-f]{1,6})\}/

function escapeLength(text: string, at: number): number {
  if (text[at + 1] === '\n') return 1
  return UNICODE_ESCAPE.exec(text.slice(at, at + 10))?.[0].length ?? 2
}

/** The start of a path of Windows whose first backslash starts an escape. */
const DRIVE = /^[A-Za-z]:\\(?!\\)/
const BLANKS: Readonly<Record<string, string>> = { n: 'a line break', t: 'a tab', r: 'a carriage return' }

/** Warns of `"C:\new\train"`, where `\n` and `\t` are escapes. */
function warnOfPath(source: SourceFile, start: number, raw: string, bag: DiagnosticBag): void {
  if (!DRIVE.test(raw)) return
  const letters = [...raw.matchAll(/\\(.)/g)].map(([, letter = '']) => letter)
  const escapes = new Set(letters.flatMap((letter) => BLANKS[letter] ?? []))
  // Unknown escapes are errors with fixes of their own.
  if (escapes.size === 0 || letters.some((letter) => !(letter in BLANKS))) return
  bag.add(
    grammarError(
      'ARC1012',
      { escapes: [...escapes] },
      { source, start, end: start + raw.length },
      {
        notes: [
          '`\\n`, `\\t` and `\\r` are escapes; paths can be written with `/` everywhere, or with two backslashes',
        ],
        fix: {
          message: 'write `/`',
          span: { source, start, end: start + raw.length },
          replacement: raw.replaceAll('\\', '/'),
        },
      },
    ),
  )
}

/** The literal text between two offsets, with escapes replaced. Reports unknown escapes and keeps them as they are. */
export function cook(source: SourceFile, start: number, end: number, bag: DiagnosticBag): string {
  const raw = source.text.slice(start, end)
  if (!raw.includes('\\')) return raw
  warnOfPath(source, start, raw, bag)
  let cooked = ''
  for (let at = 0; at < raw.length; ) {
    if (raw[at] !== '\\') {
      cooked += raw.charAt(at)
      at += 1
      continue
    }
    const length = Math.min(escapeLength(raw, at), raw.length - at)
    const written = raw.slice(at, at + length)
    const code = UNICODE_ESCAPE.exec(written)?.[1]
    const value = code === undefined ? ESCAPES[written.slice(1)] : unicode(Number.parseInt(code, 16))
    if (value === undefined) {
      bag.add(
        grammarError(
          'ARC1007',
          { text: written },
          { source, start: start + at, end: start + at + length },
          {
            notes: ['escapes are \\n \\t \\r \\" \\\\ \\{ \\} and \\u{1F600}'],
            fix: { message: 'for a backslash, write two', span: emptyAt(source, start + at), replacement: '\\' },
          },
        ),
      )
    }
    cooked += value ?? written
    at += length
  }
  return cooked
}

const unicode = (code: number): string | undefined => (code <= 0x10ffff ? String.fromCodePoint(code) : undefined)

const emptyAt = (source: SourceFile, at: number) => ({ source, start: at, end: at })

/** A text as a string literal; braces are escaped, so that it has no holes. */
export function showString(text: string): string {
  return JSON.stringify(text).replace(/[{}]/g, '\\$&')
}
