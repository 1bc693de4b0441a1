/** Loops of C: `for (let i = 0; i < 4; i++)`. */
import type { DiagnosticBag } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import { type Span, textOf } from './source.ts'
import * as T from './tokens.ts'

const LOOP =
  /for[ \t]*\([ \t]*(?:(?:let|var|int|auto|size_t)[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(\w+)[ \t]*;[ \t]*\1[ \t]*<(=?)[ \t]*(\w+)[ \t]*;[ \t]*(?:\1\+\+|\+\+\1|\1[ \t]*\+=[ \t]*1)[ \t]*\)/y

/** Where the head of a loop ends that starts at an offset. */
export function loopEnd(text: string, start: number): number | undefined {
  LOOP.lastIndex = start
  return LOOP.test(text) ? LOOP.lastIndex : undefined
}

/** The head as it is written here: `for i in 0..4`. */
export function readLoop(span: Span, bag: DiagnosticBag): readonly T.ArcToken[] {
  const text = textOf(span)
  LOOP.lastIndex = 0
  const [, name = '', from = '', orEqual = '', to = ''] = LOOP.exec(text) ?? []
  const right = `for ${name} in ${from}..${to}${orEqual === '' ? '' : ' + 1'}`
  const fix = { message: `write \`${right}\``, span, replacement: right }
  const place = { ...span, start: span.start + text.indexOf('(') }
  bag.add(grammarError('ARC1203', { what: 'a loop', right, found: textOf(place) }, place, { fix }))
  const token = (type: T.ArcToken['tokenType'], image = '') => T.makeToken(type, image, span.start)
  const value = (image: string) => token(/^\d/.test(image) ? T.NumberToken : T.Identifier, image)
  const more = orEqual === '' ? [] : [token(T.Plus), value('1')]
  return [token(T.For), value(name), token(T.In), value(from), token(T.DotDot), value(to), ...more]
}
