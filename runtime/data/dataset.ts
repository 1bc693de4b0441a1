/** The training loop's view of data: labeled images by number, as bytes. Normalization happens on the device. */
import { imageCacheBytes } from '../../compiler/plan/image-rate.ts'
import { type ImageShape, imageBytes } from './image.ts'
import { createPixelCache } from './pixel-cache.ts'

/** Images by number: u8[height, width, channels], row-major. */
export interface Pictures {
  readonly images: number
  readonly shape: ImageShape
  /** Writes image `i` into `out` at `offset`. Returns a promise only if it has to wait. */
  read(i: number, out: Uint8Array, offset: number): Promise<void> | void
  /** Releases files and memory; the images can no longer be read. */
  dispose(): void
}

/** Labeled images; labels are 0 … classes - 1. */
export interface Dataset extends Pictures {
  readonly name: string
  readonly classes: number
  label(i: number): number
}

/** Images that are made on demand and cached while there is room. `make(i)` returns the bytes of an image of this shape. */
export function cachedPictures(
  images: number,
  shape: ImageShape,
  make: (i: number) => Uint8Array | Promise<Uint8Array>,
  cacheBytes: number = imageCacheBytes,
): Pictures {
  const cache = createPixelCache(images, imageBytes(shape), cacheBytes)
  const keep = (i: number, image: Uint8Array, out: Uint8Array, offset: number) => {
    cache.put(i, image)
    out.set(image, offset)
  }
  return {
    images,
    shape,
    read(i, out, offset) {
      const kept = cache.get(i)
      if (kept !== undefined) return out.set(kept, offset)
      const made = make(i)
      return made instanceof Promise ? made.then((image) => keep(i, image, out, offset)) : keep(i, made, out, offset)
    },
    dispose: () => cache.clear(),
  }
}
