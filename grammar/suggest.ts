/** "Did you mean": the nearest of some names. */
import type { Fix } from './diagnostic.ts'
import type { Span } from './source.ts'

/** The fix that replaces a name by the one that was probably meant, if there is one. */
export function didYouMean(meant: string | undefined, span: Span): { readonly fix?: Fix } {
  return meant === undefined ? {} : { fix: { message: `did you mean \`${meant}\`?`, span, replacement: meant } }
}

/** The same for a text in quotes inside `span`; nothing if it is not written there as it is, once. */
export function didYouMeanText(written: string, meant: string | undefined, span: Span): { readonly fix?: Fix } {
  const text = span.source.text.slice(span.start, span.end)
  const quoted = `"${written}"`
  const at = text.indexOf(quoted)
  if (meant === undefined || at < 0 || text.indexOf(quoted, at + 1) >= 0) return {}
  const start = span.start + at
  const place = { ...span, start, end: start + quoted.length }
  return { fix: { message: `did you mean \`${meant}\`?`, span: place, replacement: `"${meant}"` } }
}

/** Edit distance with swaps of neighbors (optimal string alignment), or `limit + 1` if it exceeds `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let best = i
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let d = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, (beforeLast[j - 2] ?? 0) + 1)
      row.push(d)
      if (d < best) best = d
    }
    if (best > limit) return limit + 1
    beforeLast = last
    last = row
  }
  return last[b.length] ?? limit + 1
}

/** The words of a name: `batch_size` and `batchSize` are batch and size. */
function wordsOf(name: string): readonly string[] {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_\-. ]+/)
  return words.filter((word) => word !== '')
}

/** Names of one or two letters are too short for a wrong one: only their order may be. */
function allowedDistance({ length }: string): number {
  return length < 3 ? 0 : Math.max(1, Math.floor(length / 3))
}

/**
 * The candidate that `name` most likely means: one that differs in at most a third of its letters, ignoring case; one whose words are all
 * in the name, or that has all words of the name; or one of which the name is the start, or that is the start of the name. The first
 * of equal ones wins.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates]
  return nearestSpelling(name, all) ?? nearestWords(name, all) ?? sharedStart(name, all)
}

function nearestSpelling(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let bestDistance = allowedDistance(name) + 1
  for (const candidate of candidates) {
    const known = candidate.toLowerCase()
    const isSwapped = name.length === 2 && known === `${wanted.charAt(1)}${wanted.charAt(0)}`
    const distance = isSwapped ? 0 : editDistance(wanted, known, bestDistance - 1)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `num_workers` is `workers`, and `smoothing` is `label_smoothing`: the longest of those with the fewest words. */
function nearestWords(name: string, candidates: readonly string[]): string | undefined {
  const written = wordsOf(name)
  const isWithin = (inner: readonly string[], outer: readonly string[]) => inner.every((word) => outer.includes(word))
  const found = candidates.filter((candidate) => {
    const words = wordsOf(candidate)
    const isLong = words.some((word) => word.length >= 4 && written.includes(word))
    return isLong && words.length !== written.length && (isWithin(words, written) || isWithin(written, words))
  })
  return found.sort((a, b) => wordsOf(a).length - wordsOf(b).length || b.length - a.length)[0]
}

/** `params` and `parameters`, `training` and `train`, `identity` and `identities`, `matrix` and `matrices`: at least four letters in common, and all of the shorter one. */
function sharedStart(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().replaceAll('_', '')
  const single = wanted.replace(/(?:ies|ces|[sxy])$/, '')
  const found = candidates.filter((candidate) => {
    const known = candidate.toLowerCase().replaceAll('_', '')
    const isStart = known.startsWith(single) && single.length >= 4
    return isStart || (wanted.startsWith(known) && known.length >= 4)
  })
  return found.sort((a, b) => a.length - b.length)[0]
}

/** Names by how much they are like a written one, the likeliest first; equal ones, and those that are unlike it, keep their order. */
export function byLikeness(written: string, names: readonly string[]): readonly string[] {
  const words = wordsOf(written)
  const wanted = written.toLowerCase()
  const mostUnlike = 0.5
  const unlikeness = (name: string) => {
    const most = Math.max(name.length, wanted.length)
    const distance = editDistance(wanted, name.toLowerCase(), most) / most
    return wordsOf(name).some((word) => words.includes(word)) ? distance - 1 : Math.min(distance, mostUnlike)
  }
  return [...names].sort((a, b) => unlikeness(a) - unlikeness(b))
}
