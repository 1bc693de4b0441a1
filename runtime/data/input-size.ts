/** The size of the pictures that a network sees. */
import { bug } from '../../grammar/diagnostic.ts'
import { type Image, resize } from './image.ts'

/** Pixels down, pixels across, and channels: 1 (gray) or 3 (red, green, blue). */
export interface PictureSize {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** A backbone's input as a picture size. */
export function pictureSize([height, width, channels]: readonly [number, number, number]): PictureSize {
  return { height, width, channels }
}

/** Bytes of one picture, u8[h,w,c]. */
export function bytesOf({ height, width, channels }: PictureSize): number {
  return height * width * channels
}

/**
 * Writes an image into `out`, u8[h,w,c]: stretched to the size; with one channel its luminance, (77 R + 150 G + 29 B) / 256 rounded
 * (ITU-R BT.601), which leaves gray as it is.
 */
export function writePicture(image: Image, size: PictureSize, out: Uint8Array): void {
  const { data } = resize(image, size.width, size.height)
  if (size.channels === 3) {
    if (data !== out) out.set(data)
    return
  }
  if (size.channels !== 1) bug(`pictures of ${size.channels} channels`)
  for (let i = 0, at = 0; i < out.length; i++, at += 3) {
    out[i] = (77 * (data[at] ?? 0) + 150 * (data[at + 1] ?? 0) + 29 * (data[at + 2] ?? 0) + 128) >> 8
  }
}
