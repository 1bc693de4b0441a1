/** Versions of a face as a training augments it. Legend: h w height and width in pixels, 3 the channels red, green, blue. */
import type { AugmentSpec } from '../../../compiler/plan/plan.ts'
import { createStream, fold, purpose, rootKey } from '../../random.ts'
import { createAugmenter } from '../augment/augmenter.ts'
import { FACE_SIZE, type Image } from '../image.ts'

/** The image with left and right exchanged, u8[h, w, 3]. */
function mirrored({ width, height, data }: Image): Image {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x)
      out.set(data.subarray(from, from + 3), 3 * (y * width + (width - 1 - x)))
    }
  }
  return { width, height, data: out }
}

/**
 * Version `epoch` of picture `picture`, a face of 112 × 112: what epoch `epoch` of a run with this seed would train on. Mirroring,
 * which the device does in a run, has a draw of its own here.
 */
export function createFaceAugmenter(
  spec: AugmentSpec,
  seed: number,
): (image: Image, picture: number, epoch: number) => Image {
  const augment = createAugmenter(spec, { height: FACE_SIZE, width: FACE_SIZE, channels: 3 })
  return (image, picture, epoch) => {
    const data = Uint8Array.from(image.data)
    augment(data, { seed, epoch, image: picture })
    const changed = { ...image, data }
    const coin = createStream(fold(fold(fold(rootKey(seed), purpose.flip), epoch), picture))
    return coin.chance(spec.flip) ? mirrored(changed) : changed
  }
}
