/**
 * Verification pairs: two images and whether they show the same person. They come from held-out people (of a folder, or synthetic
 * identities beyond the training ones) or from InsightFace `.bin` files.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { readPickle } from './bin-pickle.ts'
import { cachedPictures, type Pictures } from './dataset.ts'
import { decodeImage } from './decode-image.ts'
import { drawPairs } from './draw-pairs.ts'
import { type FolderIndex, filePictures } from './folder.ts'
import { toFaceSize } from './image.ts'
import { dataErrors, reasonOf } from './messages.ts'
import { renderFace, type SyntheticSpec } from './synthetic.ts'

/** Pair p compares images `pairs[2p]` and `pairs[2p + 1]`. Each image is stored once, however many pairs use it. */
export interface PairSet extends Pictures {
  readonly name: string
  readonly pairs: Int32Array
  /** 1 if pair p shows one person. */
  readonly same: Uint8Array
}

/** Renumbers the images that pairs use, in ascending order of their old numbers. */
function compact(pairs: Int32Array): { readonly used: readonly number[]; readonly pairs: Int32Array } {
  const used = [...new Set(pairs)].sort((a, b) => a - b)
  const renumbered = new Map(used.map((old, i) => [old, i]))
  return { used, pairs: pairs.map((old) => renumbered.get(old) ?? 0) }
}

function groups(sizes: readonly number[]): number[][] {
  let next = 0
  return sizes.map((size) => Array.from({ length: size }, () => next++))
}

/** `count` same and `count` different pairs of the people in a folder. */
export function folderPairs(index: FolderIndex, count: number, seed: number, cacheBytes?: number): PairSet {
  const files = index.identities.flatMap((person) => person.files)
  const drawn = drawPairs(groups(index.identities.map((person) => person.files.length)), count, seed, index.root)
  const { used, pairs } = compact(drawn.pairs)
  const pictures = filePictures(
    used.map((i) => files[i] ?? ''),
    cacheBytes,
  )
  return { ...pictures, name: `held-out people of ${index.root}`, pairs, same: drawn.same }
}

/** Pairs of `people` synthetic identities that `spec` does not train on: numbers `spec.identities` and up. */
export function syntheticPairs(
  spec: SyntheticSpec,
  people: number,
  imagesPerPerson: number,
  count: number,
  cacheBytes?: number,
): PairSet {
  const name = `${people} unseen synthetic people`
  const drawn = drawPairs(groups(Array.from({ length: people }, () => imagesPerPerson)), count, spec.seed, name)
  const { used, pairs } = compact(drawn.pairs)
  const make = (i: number) => {
    const image = used[i] ?? 0
    const sample = image % imagesPerPerson
    const identity = spec.identities + (image - sample) / imagesPerPerson
    return renderFace({ seed: spec.seed, identity, sample, nuisance: spec.nuisance })
  }
  return { ...cachedPictures(used.length, make, cacheBytes), name, pairs, same: drawn.same }
}

/** An InsightFace `.bin` set: pair p is images 2p and 2p + 1 of the file; equal images are stored once. */
export async function readBinPairs(path: string, cacheBytes?: number): Promise<PairSet> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  }
  const value = readPickle(bytes, path)
  const [pictures, flags] = Array.isArray(value) ? value : []
  const malformed = (reason: string) => dataErrors('ARC6230', { file: path, at: bytes.length, reason })
  if (!Array.isArray(pictures) || !Array.isArray(flags)) throw malformed('no pair of lists')
  if (pictures.length !== 2 * flags.length) {
    throw dataErrors('ARC6232', { file: path, pictures: pictures.length, flags: flags.length })
  }
  const distinct: Uint8Array[] = []
  const numberOf = new Map<string, number>()
  const pairs = Int32Array.from(pictures, (picture, i) => {
    if (!(picture instanceof Uint8Array)) throw malformed(`picture ${i} is not bytes`)
    const content = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength).toString('latin1')
    const known = numberOf.get(content)
    if (known !== undefined) return known
    numberOf.set(content, distinct.length)
    distinct.push(picture)
    return distinct.length - 1
  })
  const make = async (i: number) =>
    toFaceSize(await decodeImage(distinct[i] ?? new Uint8Array(0), `${path} picture ${i}`))
  return {
    ...cachedPictures(distinct.length, make, cacheBytes),
    name: basename(path).replace(/\.bin$/, ''),
    pairs,
    same: Uint8Array.from(flags, (flag) => (flag === true || flag === 1 ? 1 : 0)),
  }
}
