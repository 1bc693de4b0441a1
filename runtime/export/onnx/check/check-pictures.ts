/** The pictures by which an exported network is compared. Legend: M pictures, H W C their height, width and channels. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeImage } from '../../../data/decode-image.ts'
import { drawImage } from '../../../data/draw-image.ts'
import { fitImage, type ImageShape, imageBytes } from '../../../data/image.ts'
import { naturally } from '../../../data/natural-order.ts'
import { isPictureName } from '../../../data/picture-name.ts'
import { readWhole } from '../../../data/read-whole.ts'
import { reasonOf } from '../../../system-errors.ts'
import { onnxErrors } from '../messages.ts'

/** Sizes of the batches that are run. */
export const checkedBatches = [1, 7] as const
/** M. */
export const checkedPictures = 8

/** Other faces than those of data sets. */
const drawn = { kind: 'drawn', perIdentity: 1, seed: 6800, nuisance: 1 } as const

const mostPictureBytes = 2 ** 28

/** u8 [M,H,W,C]: the first pictures of a folder, repeated if it has fewer, or drawn faces. Throws ARC6808 and errors of pictures. */
export async function checkPictures(folder: string | undefined, shape: ImageShape): Promise<Uint8Array> {
  const size = imageBytes(shape)
  const pixels = new Uint8Array(checkedPictures * size)
  const pictures =
    folder === undefined
      ? Array.from({ length: checkedPictures }, (_, i) => drawImage(drawn, i, shape))
      : await picturesOf(folder, shape)
  for (let i = 0; i < checkedPictures; i++) pixels.set(pictures[i % pictures.length] ?? [], i * size)
  return pixels
}

async function picturesOf(folder: string, shape: ImageShape): Promise<readonly Uint8Array[]> {
  const unusable = (reason: string, cause?: unknown) => onnxErrors('ARC6808', { folder, reason }, cause)
  const entries = await readdir(folder).catch((error: unknown) => {
    throw unusable(reasonOf(error), error)
  })
  const names = entries.filter((name) => !name.startsWith('.') && isPictureName(name))
  if (names.length === 0) throw unusable('it has no pictures')
  const chosen = names.sort(naturally).slice(0, checkedPictures)
  const pictures: Uint8Array[] = []
  for (const name of chosen) {
    const path = join(folder, name)
    const bytes = await readWhole(path, mostPictureBytes).catch((error: unknown) => {
      throw unusable(`${name}: ${reasonOf(error)}`, error)
    })
    pictures.push(fitImage(await decodeImage(bytes, path), shape))
  }
  return pictures
}
