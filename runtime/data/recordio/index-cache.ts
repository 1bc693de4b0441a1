/** Keeps the indexes of large record files, so that a set of tens of millions of records opens in well under a second. */
import { keepList, keptList, type ListKey, originOf } from '../kept/kept-lists.ts'
import type { RecordPart } from './find-parts.ts'
import type { PartIndex } from './part-index.ts'

/** Smaller indexes are read again as quickly. */
const LEAST_RECORDS = 100_000

function keyOf({ recordPath, indexPath }: RecordPart): ListKey {
  return { kind: 'recordio', path: recordPath, settings: { index: indexPath } }
}

/** What the index of a part depends on; `undefined` if a file is missing. */
export function originOfPart({ recordPath, indexPath }: RecordPart): string | undefined {
  return originOf([recordPath, ...(indexPath === undefined ? [] : [indexPath])])
}

/** Keeps the index of a part if it is large; `origin` was taken before it was read. */
export function keepPartIndex(part: RecordPart, origin: string | undefined, index: PartIndex): void {
  const { offsets, keys, classStarts, labels, firstKey, restAt } = index
  if (offsets.length < LEAST_RECORDS) return
  keepList(keyOf(part), origin, {
    facts: { firstKey, restAt: restAt ?? null },
    arrays: {
      offsets,
      ...(keys === undefined ? {} : { keys }),
      ...(classStarts === undefined ? {} : { classStarts }),
      ...(labels === undefined ? {} : { labels }),
    },
  })
}

/** The kept index of a part; `undefined` if there is none. */
export function keptPartIndex(part: RecordPart, origin: string | undefined): PartIndex | undefined {
  const kept = keptList(keyOf(part), origin)
  if (kept === undefined) return undefined
  const { offsets, keys, classStarts, labels } = kept.arrays
  const { firstKey, restAt } = kept.facts
  if (!(offsets instanceof Float64Array) || typeof firstKey !== 'number') return undefined
  return {
    offsets,
    firstKey,
    ...(typeof restAt === 'number' ? { restAt } : {}),
    ...(keys instanceof Uint32Array ? { keys } : {}),
    ...(classStarts instanceof Float64Array ? { classStarts } : {}),
    ...(labels instanceof Int32Array ? { labels } : {}),
  }
}
