/** Every third wrong file of each kind of `bench/mistakes`, with the bars of `npm run bench:mistakes`, which judges all. */
import { expect, it } from 'vitest'
import { listKinds, readKind } from '../../bench/mistakes/corpus.ts'
import { judge } from '../../bench/mistakes/judge.ts'
import { bounds, misses, rateOf } from '../../bench/mistakes/rates.ts'
import { memoryHost } from '../helpers/diagnose.ts'

const host = memoryHost()
const verdicts = listKinds().flatMap((kind) =>
  readKind(kind).flatMap((source, i) => (i % 3 === 0 ? [judge(source, host)] : [])),
)
const missed = verdicts.filter((verdict) => misses(verdict).length > 0)

it.each(bounds)('$title: at least $least', ({ key, least }) => {
  const lacking = missed.filter((verdict) => verdict[key] === false).map(({ path, shown }) => [path, ...shown])
  // The files are shown if the rate is below its bar.
  expect(rateOf(verdicts, key)?.rate ?? 0, JSON.stringify(lacking, undefined, 2)).toBeGreaterThanOrEqual(least)
})
