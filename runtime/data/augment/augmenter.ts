/**
 * The augmentations of a run, image by image. What happens to an image depends only on the seed, the epoch, the number of the image and
 * the place of each augmentation in the list: neither on the order in which images are prepared, nor on the worker or the batch.
 *
 * Mirroring is not done here: the device mirrors the images whose flag in the batch is set (`flip` of `../sampler.ts`), after all
 * others. It can be last wherever the list names it, because the others treat left and right alike: mirroring first would give the
 * same distribution of images.
 */

import type { AugmentOp, AugmentSpec } from '../../../compiler/plan/plan.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import { createStream, fold, type Key, purpose, rootKey, type Stream } from '../../random.ts'
import { createBlur } from './blur.ts'
import { type Canvas, createCanvas, type ImageSize } from './canvas.ts'
import { createGray, createHsv, createJitter } from './color.ts'
import { createCrop } from './crop.ts'
import { createCutout } from './cutout.ts'
import { createJpeg } from './jpeg.ts'
import { createLowResolution } from './low-resolution.ts'

/** Which image of a run: `image` is its number in the data set, `epoch` counts from 0. */
export interface ImageKey {
  readonly seed: number
  readonly epoch: number
  readonly image: number
}

/** Changes an image on the canvas, with numbers from a stream of its own. */
type Operation = (draw: Stream) => void

/** Changes an image, u8[height, width, channels], in place. */
export type Augmenter = (pixels: Uint8Array, key: ImageKey) => void

function createOperation(op: AugmentOp, canvas: Canvas): Operation {
  switch (op.op) {
    case 'crop':
      return createCrop(op, canvas)
    case 'low_resolution':
      return createLowResolution(op, canvas)
    case 'jitter':
      return createJitter(op, canvas)
    case 'hsv':
      return createHsv(op, canvas)
    case 'blur':
      return createBlur(op, canvas)
    case 'gray':
      return createGray(canvas)
    case 'cutout':
      return createCutout(op, canvas)
    case 'jpeg':
      return createJpeg(op, canvas)
  }
}

/** An augmenter for images of one size. It is synchronous and has about six images of scratch memory; make one per thread. */
export function createAugmenter(spec: AugmentSpec, size: ImageSize): Augmenter {
  const { ops } = spec
  if (ops.length === 0) return () => undefined
  const canvas = createCanvas(size)
  const operations = ops.map((op) => createOperation(op, canvas))
  const { address: first, length } = canvas
  const [one, other] = [first, canvas.spare].map((address) => canvas.bytes.subarray(address, address + length))
  const image = () => (canvas.address === first ? one : other) ?? bug('an augmenter without an image')
  let cached: { readonly seed: number; readonly epoch: number; readonly key: Key } | undefined
  const epochKey = (seed: number, epoch: number): Key => {
    if (cached === undefined || cached.seed !== seed || cached.epoch !== epoch)
      cached = { seed, epoch, key: fold(fold(rootKey(seed), purpose.augment), epoch) }
    return cached.key
  }
  return (pixels, { seed, epoch, image: number }) => {
    const key = fold(epochKey(seed, epoch), number)
    let isLoaded = false
    for (let place = 0; place < ops.length; place++) {
      const draw = createStream(fold(key, place))
      if (!draw.chance(ops[place]?.probability ?? 0)) continue
      if (!isLoaded) image().set(pixels)
      isLoaded = true
      operations[place]?.(draw)
    }
    if (isLoaded) pixels.set(image())
  }
}
