/** The rates that `npm run bench:mistakes` prints, and their bounds. */
import type { Verdict } from './judge.ts'

type Key = 'line' | 'column' | 'suggestion' | 'fixed' | 'mended' | 'noCascade' | 'complete'

/** What is counted, the words for it, and the least fraction of the files that it must hold for. */
export const bounds: readonly {
  readonly key: Key
  readonly title: string
  readonly missing: string
  readonly least: number
}[] = [
  { key: 'line', title: 'line', missing: 'another line', least: 0.99 },
  { key: 'column', title: 'column', missing: 'another column', least: 0.97 },
  { key: 'suggestion', title: 'suggestion', missing: 'no right suggestion', least: 0.9 },
  { key: 'fixed', title: 'fix offered', missing: 'no fix', least: 0.9 },
  { key: 'mended', title: 'fix mends', missing: 'the fix does not mend', least: 0.97 },
  { key: 'noCascade', title: 'no cascade', missing: 'cascade', least: 0.99 },
  { key: 'complete', title: 'all found', missing: 'not all found', least: 0.99 },
]

/** The fraction of the files to which a key applies that have it; `undefined` if it applies to none. */
export function rateOf(
  verdicts: readonly Verdict[],
  key: Key,
): { readonly rate: number; readonly text: string } | undefined {
  const applicable = verdicts.filter((verdict) => verdict[key] !== undefined)
  if (applicable.length === 0) return undefined
  const rate = applicable.filter((verdict) => verdict[key] === true).length / applicable.length
  return { rate, text: `${(Math.floor(rate * 1000) / 10).toFixed(1)} %` }
}

/** What a file misses, in words. */
export function misses(verdict: Verdict): readonly string[] {
  return bounds.filter(({ key }) => verdict[key] === false).map(({ missing }) => missing)
}
