/** `scores.csv`: the score of every pair (RFC 4180). */
import { foldStarts } from '../ten-folds.ts'
import type { VerifiedSet } from './figures.ts'

/** One cell. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const linesAtOnce = 4096

/**
 * Parts of the file: `pair,a,b,same,score,fold` and the group columns. Pairs and folds are counted from 0; scores have all the digits
 * that tell doubles apart.
 */
export function* scoresCsv({ same, groups, nameOf }: VerifiedSet, scores: Float64Array): Generator<string> {
  const titles = ['pair', 'a', 'b', 'same', 'score', 'fold', ...groups.map(({ title }) => title)]
  yield `${titles.map(cell).join(',')}\n`
  const starts = foldStarts(same.length)
  let fold = 0
  let lines: string[] = []
  for (const [pair, score] of scores.entries()) {
    while (pair >= (starts[fold + 1] ?? Number.POSITIVE_INFINITY)) fold++
    const own = groups.map(({ values, of }) => values[of[pair] ?? 0] ?? '')
    const cells = [pair, nameOf(pair, 0), nameOf(pair, 1), same[pair] ?? 0, score, fold, ...own]
    lines.push(cells.map((value) => cell(String(value))).join(','))
    if (lines.length < linesAtOnce) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}
