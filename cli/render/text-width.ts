/** How many columns of a terminal a text takes. */
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'

/**
 * Letters and signs that always take one column and never join with their neighbors: Latin and Greek letters, punctuation, arrows,
 * mathematical operators, box drawing, blocks and check marks. Without ranges of Unicode properties, which take a millisecond
 * each to load.
 */
const plain =
  /^[ -~\u00a0-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u03c9\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2200-\u22ff\u2500-\u25fc\u2713-\u2718]*$/

/**
 * Columns of a text in a terminal, as `string-width` counts them. That library prepares its tables when it is first called, which
 * takes 30 ms, so it is only asked about texts that need them: East Asian letters, emoji, combining marks, other control codes.
 */
export function textWidth(text: string): number {
  const bare = text.includes('\u001b') ? stripVTControlCharacters(text) : text
  return plain.test(bare) ? bare.length : stringWidth(text)
}
