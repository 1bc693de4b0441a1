/**
 * What a wrong file says about itself. Each file of the corpus starts with comments:
 *
 *     // A margin without a unit.               the mistake
 *     //? at: m: ‸0.3                           the text at the first diagnostic; it starts at `‸`, or where the text starts
 *     //? suggests: 0.3 rad                     what the diagnostic should propose, if anything
 *     //? mends: yes                            the diagnostic has a fix that an editor can apply
 *     //? diagnostics: 2                        their number, if it is not one
 *     //? phase: plan                           found by `arcc plan`, not yet by `arcc check`
 */
import { type Position, positionAt, type SourceFile } from '../../grammar/source.ts'

export interface Expectation {
  readonly place: Position
  readonly suggests: string | undefined
  readonly mends: boolean
  readonly diagnostics: number
  readonly phase: 'elaborate' | 'plan'
}

const cursor = '‸'

/** The value of one key of the header. */
function headerValue(text: string, key: string): string | undefined {
  return new RegExp(`^//\\? ${key}: (.*)$`, 'm').exec(text)?.[1]
}

/** Reads the header of a file; throws if it has no place, or one that is not unique. */
export function readExpectation(source: SourceFile): Expectation {
  const { text } = source
  const headerEnd = text.lastIndexOf('\n//?') + 1
  const bodyStart = text.indexOf('\n', headerEnd) + 1
  const at = (headerValue(text, 'at') ?? '').replaceAll('↵', '\n')
  const plain = at.replace(cursor, '')
  const found = text.indexOf(plain, bodyStart)
  if (plain === '' || found < 0) throw new Error(`${source.path} does not contain its place \`${at}\``)
  if (text.indexOf(plain, found + 1) >= 0) throw new Error(`${source.path} contains its place \`${at}\` twice`)
  return {
    place: positionAt(source, found + Math.max(0, at.indexOf(cursor))),
    suggests: headerValue(text, 'suggests'),
    mends: headerValue(text, 'mends') === 'yes',
    diagnostics: Number(headerValue(text, 'diagnostics') ?? 1),
    phase: headerValue(text, 'phase') === 'plan' ? 'plan' : 'elaborate',
  }
}
