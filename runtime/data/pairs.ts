/**
 * Verification pairs: two images and whether they show the same person. They come from held-out people (`held-out-pairs.ts`) or from
 * InsightFace `.bin` files.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { readPickle } from './bin-pickle.ts'
import { cachedPictures, type Pictures } from './dataset.ts'
import { decodeImage } from './decode-image.ts'
import { fitImage, type ImageShape } from './image.ts'
import { dataErrors, reasonOf } from './messages.ts'

/** Pair p compares images `pairs[2p]` and `pairs[2p + 1]`. Each image is stored once, however many pairs use it. */
export interface PairSet extends Pictures {
  readonly name: string
  readonly pairs: Int32Array
  /** 1 if pair p shows one person. */
  readonly same: Uint8Array
}

/** An InsightFace `.bin` set: pair p is images 2p and 2p + 1 of the file; equal images are stored once. */
export async function readBinPairs(path: string, shape: ImageShape, cacheBytes?: number): Promise<PairSet> {
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
    fitImage(await decodeImage(distinct[i] ?? new Uint8Array(0), `${path} picture ${i}`), shape)
  return {
    ...cachedPictures(distinct.length, shape, make, cacheBytes),
    name: basename(path).replace(/\.bin$/, ''),
    pairs,
    same: Uint8Array.from(flags, (flag) => (flag === true || flag === 1 ? 1 : 0)),
  }
}
