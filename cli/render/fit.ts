/** Lines that fit into a terminal: broken between facts, then between words, and only then inside of one. */
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import type { Look } from './look.ts'

/** Columns that a line may take. Files and pipes take lines of any length, so that a path in them stays whole. */
export function lineWidth(look: Look): number {
  return look.wraps ? look.width : Number.POSITIVE_INFINITY
}

/** The columns of the widest of some texts. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => stringWidth(text)))
}

/** Blanks between words; one before a unit belongs to its number. */
const blank = / (?!(?:%|[KMGTP]?i?B|[mµ]?s)(?!\p{L}))/u

/** Where a long word, most likely a path or the name of a variant, may be broken: after these. */
const joints = '/[,=:_-'

/** A word in pieces of at most `width` columns; each ends at a joint where there is one beyond its first third. */
function breakWord(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let joint = 0
  for (const character of word) {
    if (stringWidth(piece + character) > width && piece !== '') {
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

/** The colours around a text that has none inside; `undefined` where they change within it. */
function painted(
  text: string,
): { readonly before: string; readonly plain: string; readonly after: string } | undefined {
  const plain = stripVTControlCharacters(text)
  const at = text.indexOf(plain)
  return at < 0 ? undefined : { before: text.slice(0, at), plain, after: text.slice(at + plain.length) }
}

/** Lines of at most `width` columns; a text that fits is one, as it is. */
export function wrapText(text: string, width: number): string[] {
  if (stringWidth(text) <= width) return [text]
  const paint = painted(text)
  const lines: string[] = []
  let line: string | undefined
  for (const word of (paint?.plain ?? text).split(blank)) {
    const longer: string = line === undefined ? word : `${line} ${word}`
    if (stringWidth(longer) <= width) {
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

/** Lines of a text, those after the first below the first's beginning, or where `indent` says. */
export function paragraph(text: string, look: Look, indent = 0): string[] {
  return wrapText(text, lineWidth(look) - indent).map((line) => ' '.repeat(indent) + line)
}

export interface FactStyle {
  /** What stands before the first fact, with the blanks after it. */
  readonly head?: string
  /** Blanks before each further line; as many as the head is wide where left out. */
  readonly indent?: number
  readonly gap?: string
}

/** Facts one after another, on as many lines as they take; no fact is divided that fits into a line. */
export function factLines(facts: readonly string[], look: Look, style: FactStyle = {}): string[] {
  const { head = '', gap = '   ' } = style
  const { indent = stringWidth(head) } = style
  const width = lineWidth(look)
  const blanks = ' '.repeat(indent)
  const lines: string[] = []
  let line = head
  let isEmpty = true
  for (const fact of facts) {
    const longer: string = isEmpty ? line + fact : line + gap + fact
    if (stringWidth(longer) <= width) {
      line = longer
      isEmpty = false
      continue
    }
    if (!isEmpty) {
      lines.push(line)
      line = blanks
    }
    const pieces = wrapText(fact, width - stringWidth(line))
    lines.push(...pieces.slice(0, -1).map((piece, i) => (i === 0 ? line : blanks) + piece))
    line = (pieces.length > 1 ? blanks : line) + (pieces.at(-1) ?? '')
    isEmpty = false
  }
  return [...lines, line]
}
