/** The training loop's view of data: labeled images by number, as bytes. Normalization happens on the device. */
import { imageCacheBytes } from '../../compiler/plan/image-rate.ts'
import { FACE_BYTES, FACE_SIZE, type Image } from './image.ts'
import { createPixelCache } from './pixel-cache.ts'
import { renderFace, type SyntheticSpec } from './synthetic.ts'

/** Images by number: u8[112, 112, 3], red green blue, row-major. */
export interface Pictures {
  readonly images: number
  /** Writes image `i` (37,632 bytes) into `out` at `offset`. Returns a promise only if it has to wait. */
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

/** Images that are generated on demand and cached while there is room. `make(i)` must return 112 × 112 images. */
export function cachedPictures(
  images: number,
  make: (i: number) => Image | Promise<Image>,
  cacheBytes: number = imageCacheBytes,
): Pictures {
  const cache = createPixelCache(images, FACE_BYTES, cacheBytes)
  const keep = (i: number, image: Image, out: Uint8Array, offset: number) => {
    cache.put(i, image.data)
    out.set(image.data, offset)
  }
  return {
    images,
    read(i, out, offset) {
      const kept = cache.get(i)
      if (kept !== undefined) return out.set(kept, offset)
      const made = make(i)
      return made instanceof Promise ? made.then((image) => keep(i, image, out, offset)) : keep(i, made, out, offset)
    },
    dispose: () => cache.clear(),
  }
}

/** The training images of a synthetic population, rendered on first read. */
export function createSyntheticDataset(spec: SyntheticSpec, cacheBytes?: number): Dataset {
  const { identities, imagesPerIdentity, seed, nuisance } = spec
  const images = identities * imagesPerIdentity
  const make = (i: number) => {
    const sample = i % imagesPerIdentity
    const identity = (i - sample) / imagesPerIdentity
    return renderFace({ seed, identity, sample, nuisance, size: FACE_SIZE })
  }
  return {
    ...cachedPictures(images, make, cacheBytes),
    name: `synthetic (${identities} people, seed ${seed})`,
    classes: identities,
    label: (i) => Math.floor(i / imagesPerIdentity),
  }
}
