/** Limits on the size of a picture, which guard against files that unpack to gigabytes. */

/** Maximum number of pixels per image. */
export const MOST_PIXELS = 2 ** 26
/** Maximum width and height; no JPEG is larger. */
const MOST_SIDE = 65_535

/** Why an image of this size is not read, if so. */
export function sizeFault(width: number, height: number): string | undefined {
  if (width < 1 || height < 1) return `its size is ${width}x${height}`
  if (width > MOST_SIDE || height > MOST_SIDE || width * height > MOST_PIXELS)
    return `its size is ${width}x${height}, more than 2^26 pixels or ${MOST_SIDE} on a side`
  return undefined
}
