/** Sets of pairs with what a report needs: names of the pictures, groups, and a hash of the content. */
import { createHash } from 'node:crypto'
import { basename, isAbsolute, relative, resolve } from 'node:path'
import type { Collection, EncodedImages } from '../../data/collection.ts'
import { openImages } from '../../data/formats/open-images.ts'
import { foldedPairs, possiblePairs } from '../../data/pack/folded-pairs.ts'
import type { PairSet } from '../../data/pairs.ts'
import { selectedPairs } from '../../data/select/held-out-pairs.ts'
import { readBinPairs } from '../../data/verification/bin-pairs.ts'
import { type PairList, pairListName, readGroupedPairs } from '../../data/verification/list-pairs.ts'
import type { GroupColumn } from '../../data/verification/pair-groups.ts'
import { fileDigest } from '../../plugins/file-digest.ts'

export interface EvaluationSet {
  readonly name: string
  /** The file or folder, or for generated data what it is. */
  readonly path: string
  /** The absolute folder from which names start; missing if they are no paths. */
  readonly root?: string
  readonly pairs: PairSet
  readonly groups: readonly GroupColumn[]
  /** Titles of the columns of a list with too many different values for groups. */
  readonly ungrouped: readonly string[]
  /** The name of the first or the second picture of a pair, or its number in a `.bin` file. */
  nameOf(pair: number, side: 0 | 1): string
  /** See docs/evaluation.md. Throws ARC62xx if a picture cannot be read. */
  sha256(): Promise<string>
}

/** InsightFace's file; see `readBinPairs` for its errors. */
export async function openBinSet(path: string, name = basename(path).replace(/\.bin$/i, '')): Promise<EvaluationSet> {
  const pairs = await readBinPairs(path)
  return {
    ...{ name, path, pairs, groups: [], ungrouped: [] },
    nameOf: (pair, side) => String(2 * pair + side),
    sha256: () => fileDigest(path),
  }
}

/** A list; see `readGroupedPairs` for its errors. */
export async function openListSet(list: PairList, name = pairListName(list.list)): Promise<EvaluationSet> {
  const { pairs, groups, ungrouped, names } = await readGroupedPairs(list)
  const root = list.root === '' ? resolve(list.list, '..') : resolve(list.root)
  return {
    ...{ name, path: list.list, root, pairs, groups, ungrouped },
    nameOf: (pair, side) => names[pairs.pairs[2 * pair + side] ?? 0] ?? '',
    sha256: () => contentDigest(pairs, groups),
  }
}

/** Pairs of numbered images; names below `root` start from there. */
export function imageSet(
  { name, path, root }: { readonly name: string; readonly path: string; readonly root?: string | undefined },
  pairs: PairSet,
): EvaluationSet {
  const images = openImages(pairs.recipe)
  const from = root === undefined ? undefined : resolve(root)
  const nameOf = (image: number) => {
    const full = images.nameOf(image)
    const below = from === undefined || !isAbsolute(full) ? full : relative(from, full)
    return below.startsWith('..') ? full : below.replaceAll('\\', '/')
  }
  return {
    ...{ name, path, pairs, groups: [], ungrouped: [] },
    ...(from === undefined ? {} : { root: from }),
    nameOf: (pair, side) => nameOf(pairs.pairs[2 * pair + side] ?? 0),
    sha256: () => contentDigest(pairs, []),
  }
}

/** How pairs are drawn from people. */
export interface DrawnPairs {
  /** Of both kinds together; `undefined`: `usualPairs`, or fewer if the people give no more. */
  readonly pairs: number | undefined
  readonly seed: number
}

/** As many as LFW has. */
const usualPairs = 6000

/** Pairs as `arcc data pairs` draws them. Throws ARC6207 if the people have too few pictures, and errors of unreadable labels. */
export function openDrawnSet(
  collection: Collection,
  place: { readonly name: string; readonly path: string; readonly root?: string | undefined },
  { pairs = possiblePairs(collection, usualPairs), seed }: DrawnPairs,
): EvaluationSet {
  const drawn = foldedPairs(collection, pairs, seed)
  return imageSet(place, selectedPairs(place.name, { recipe: collection.recipe, select: { from: 0 } }, drawn))
}

/** SHA-256 of each image's encoded bytes. */
async function imageDigests(images: EncodedImages, count: number): Promise<string[]> {
  const digests: string[] = []
  for (let i = 0; i < count; i++) {
    digests.push(
      createHash('sha256')
        .update(await images.read(i))
        .digest('hex'),
    )
  }
  return digests
}

/**
 * SHA-256 of a line for each pair, `HASH HASH FLAG` and its groups, with the hashes of the encoded pictures: it depends on what is
 * compared, not on where the files are or how the list is written.
 */
async function contentDigest(set: PairSet, groups: readonly GroupColumn[]): Promise<string> {
  const images = openImages(set.recipe)
  try {
    const digests = await imageDigests(images, set.images)
    const hash = createHash('sha256')
    for (const [pair, flag] of set.same.entries()) {
      const [a, b] = [0, 1].map((side) => digests[set.pairs[2 * pair + side] ?? 0])
      const own = groups.map(({ values, of }) => JSON.stringify(values[of[pair] ?? 0]))
      hash.update(`${[a, b, flag, ...own].join(' ')}\n`)
    }
    return hash.digest('hex')
  } finally {
    images.close()
  }
}
