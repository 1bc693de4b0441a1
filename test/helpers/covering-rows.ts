/**
 * Covering arrays: few rows of settings in which all small groups of settings still meet, in the place of every combination. Most
 * faults of interplay need two or three settings (Kuhn, Kacker, Lei: Practical Combinatorial Testing, NIST SP 800-142).
 */
import { bug } from '../../grammar/diagnostic.ts'

/** Some of the rows, such that any `strength` settings that occur together in a row occur together in one of those chosen. */
export function coveringRows<Row extends object>(rows: readonly Row[], strength: number): Row[] {
  const numbers = new Map<string, number>()
  const groups = rows.map((row) =>
    groupsOf(row, strength).map((group) => {
      const number = numbers.get(group) ?? numbers.size
      numbers.set(group, number)
      return number
    }),
  )
  const open = new Set(numbers.values())
  const chosen: Row[] = []
  while (open.size > 0) {
    let best = { row: rows[0], news: [] as readonly number[] }
    rows.forEach((row, i) => {
      const news = (groups[i] ?? []).filter((group) => open.has(group))
      if (news.length > best.news.length) best = { row, news }
    })
    for (const group of best.news) open.delete(group)
    chosen.push(best.row ?? bug('groups without a row'))
  }
  return chosen
}

const numberOf = new Map<unknown, number>()

/** Values by identity. */
function nameOf(value: unknown): number {
  const number = numberOf.get(value) ?? numberOf.size
  numberOf.set(value, number)
  return number
}

/** The groups of `strength` settings of a row. */
function groupsOf(row: object, strength: number): string[] {
  const settings = Object.entries(row).map(([name, value]) => `${name}=${nameOf(value)}`)
  const choose = (from: number, count: number): string[] =>
    count === 0
      ? ['']
      : settings
          .slice(from)
          .flatMap((setting, i) => choose(from + i + 1, count - 1).map((rest) => `${setting};${rest}`))
  return choose(0, strength)
}
