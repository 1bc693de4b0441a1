/** Sizes as papers write them: `112x112x3`. */
import type { DiagnosticBag } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import { type Span, textOf } from './source.ts'
import * as T from './tokens.ts'

const SIZES = /[1-9]\d*(?:[ \t]*[xX×][ \t]*\d+)+(?!\w)/y

/** Whether the sizes at an offset are the first ones of an image, where `×` does not multiply. */
const isInImage = (text: string, start: number): boolean => /\bImage\s*[([{<]\s*$/.test(text.slice(0, start).slice(-40))

/** Where the sizes that start at an offset end. */
export function sizesEnd(text: string, start: number): number | undefined {
  SIZES.lastIndex = start
  const image = SIZES.exec(text)?.[0]
  if (image === undefined || (image.includes('×') && !isInImage(text, start))) return undefined
  return start + image.length
}

/** The sizes of an image become its arguments; others, as of a kernel, become a list. */
export function readSizes(span: Span, bag: DiagnosticBag): readonly T.ArcToken[] {
  const text = textOf(span)
  const isBare = isInImage(span.source.text, span.start)
  const inner = text.split(/\s*[xX×]\s*/).join(', ')
  const replacement = isBare ? inner : `[${inner}]`
  const fix = { message: `write \`${replacement}\``, span, replacement }
  bag.add(grammarError('ARC1009', { text, reason: 'sizes are separated by commas' }, span, { fix }))
  const parts = [...text.matchAll(/\d+|[xX×]/g)].map(({ 0: image, index }) =>
    T.makeToken(/\d/.test(image) ? T.NumberToken : T.Comma, image, span.start + index),
  )
  if (isBare) return parts
  return [T.makeToken(T.LBracket, '', span.start), ...parts, T.makeToken(T.RBracket, '', span.end)]
}
