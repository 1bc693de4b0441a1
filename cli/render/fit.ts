/** Lines that fit the terminal: broken between facts if possible, else between words, else inside a word. */
import { stripVTControlCharacters } from 'node:util'
import type { Look } from './look.ts'
import { textWidth } from './text-width.ts'

/** The maximum line width. It is unlimited for files and pipes, so that paths are never broken. */
export function lineWidth(look: Look): number {
  return look.wraps ? look.width : Number.POSITIVE_INFINITY
}

/** The width of the widest text. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => textWidth(text)))
}

/** A blank between words; the blank before a unit belongs to the number. */
const blank = / (?!(?:%|[KMGTP]?i?B|[mµ]?s)(?!\p{L}))/u

/** Characters after which a long word (usually a path or a variant name) can be broken. */
const joints = '/[,=:_-'

/** Splits a word into pieces of at most `width` columns, at joints if there is one after the first third of a piece. */
function breakWord(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let joint = 0
  for (const character of word) {
    if (textWidth(piece + character) > width && piece !== '') {
      const end = joint > piece.length / 3 ? joint : piece.length
      pieces.push(piece.slice(0, end))
      piece = piece.slice(end)
      joint = 0
    }
    piece += character
    if (joints.includes(character)) joint = piece.length
  }
  return [...pieces, piece]
}

/** The color codes around a text; `undefined` if there are codes inside it. */
function painted(
  text: string,
): { readonly before: string; readonly plain: string; readonly after: string } | undefined {
  const plain = stripVTControlCharacters(text)
  const at = text.indexOf(plain)
  return at < 0 ? undefined : { before: text.slice(0, at), plain, after: text.slice(at + plain.length) }
}

/** Lines of at most `width` columns; a text that fits is returned unchanged. */
export function wrapText(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text]
  const paint = painted(text)
  const lines: string[] = []
  let line: string | undefined
  for (const word of (paint?.plain ?? text).split(blank)) {
    const longer: string = line === undefined ? word : `${line} ${word}`
    if (textWidth(longer) <= width) {
      line = longer
      continue
    }
    if (line !== undefined) lines.push(line.trimEnd())
    const pieces = paint === undefined ? [word] : breakWord(word, width)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) === '' ? undefined : pieces.at(-1)
  }
  if (line !== undefined) lines.push(line)
  return paint === undefined ? lines : lines.map((own) => paint.before + own + paint.after)
}

/** The wrapped lines of a text, each with an indent. */
export function paragraph(text: string, look: Look, indent = 0): string[] {
  return wrapText(text, lineWidth(look) - indent).map((line) => ' '.repeat(indent) + line)
}

export interface FactStyle {
  /** The text before the first fact, including trailing blanks. */
  readonly head?: string
  /** Indent of each further line; default: the width of the head. */
  readonly indent?: number
  readonly gap?: string
}

/** Facts in sequence on as many lines as needed; a fact that fits on a line is not broken. */
export function factLines(facts: readonly string[], look: Look, style: FactStyle = {}): string[] {
  const { head = '', gap = '   ' } = style
  const { indent = textWidth(head) } = style
  const width = lineWidth(look)
  const blanks = ' '.repeat(indent)
  const lines: string[] = []
  let line = head
  let isEmpty = true
  for (const fact of facts) {
    const longer: string = isEmpty ? line + fact : line + gap + fact
    if (textWidth(longer) <= width) {
      line = longer
      isEmpty = false
      continue
    }
    if (!isEmpty) {
      lines.push(line)
      line = blanks
    }
    const pieces = wrapText(fact, width - textWidth(line))
    lines.push(...pieces.slice(0, -1).map((piece, i) => (i === 0 ? line : blanks) + piece))
    line = (pieces.length > 1 ? blanks : line) + (pieces.at(-1) ?? '')
    isEmpty = false
  }
  return [...lines, line]
}
