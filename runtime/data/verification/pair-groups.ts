/** Columns of a list of pairs that name groups: of whom the pictures are, how they were taken. */
import type { ListedPair } from './pair-lines.ts'

export interface GroupColumn {
  readonly title: string
  /** In the order of their first pairs; `''` where a line has none. */
  readonly values: readonly string[]
  /** The number of the value of each pair. */
  readonly of: Uint16Array
}

/** A column with more different values is something else: a number, a score, a name. */
const mostValues = 100

/** Columns of numbers with a fraction are measurements, not names. */
const isMeasurement = (value: string) => /^[-+]?\d*\.\d+(e[-+]?\d+)?$/i.test(value)

function titleOf(i: number, titles: readonly string[], columns: number): string {
  return titles[i] || (columns === 1 ? 'group' : `column ${i + 4}`)
}

/** The columns beside pictures and flag, with the titles of those that name no groups. */
export function groupColumns(
  pairs: readonly ListedPair[],
  titles: readonly string[],
): { readonly groups: readonly GroupColumn[]; readonly ungrouped: readonly string[] } {
  const columns = Math.max(titles.length, ...new Set(pairs.map(({ more }) => more.length)))
  const groups: GroupColumn[] = []
  const ungrouped: string[] = []
  for (let i = 0; i < columns; i++) {
    const numbers = new Map<string, number>()
    for (const { more } of pairs) {
      const value = more[i] ?? ''
      if (!numbers.has(value)) numbers.set(value, numbers.size)
    }
    const title = titleOf(i, titles, columns)
    const values = [...numbers.keys()]
    // A separator at the end of each line makes a column of nothing.
    if (values.every((value) => value === '')) continue
    if (values.length > mostValues || values.every(isMeasurement)) ungrouped.push(title)
    else groups.push({ title, values, of: Uint16Array.from(pairs, ({ more }) => numbers.get(more[i] ?? '') ?? 0) })
  }
  return { groups, ungrouped }
}
