/** The run lengths of BMP images (RLE4 and RLE8). Legend: h w height and width in pixels. */

const END_OF_LINE = 0
const END_OF_BITMAP = 1
const DELTA = 2

/**
 * Palette numbers u8[h, w], the first row at the bottom of the image; pixels that no run covers have color 0. `damaged` creates the error for
 * data that ends before the image does.
 */
export function decodeRunLengths(
  bytes: Uint8Array,
  width: number,
  height: number,
  nibbles: boolean,
  damaged: (reason: string) => Error,
): Uint8Array {
  const out = new Uint8Array(width * height)
  let at = 0
  let x = 0
  let y = 0
  const next = () => {
    const byte = bytes[at++]
    if (byte === undefined) throw damaged(`its pixel data ends in row ${y + 1} of ${height}`)
    return byte
  }
  const put = (color: number) => {
    if (x < width) out[y * width + x] = color
    x++
  }
  const halves = (byte: number): readonly [number, number] => (nibbles ? [byte >> 4, byte & 15] : [byte, byte])
  while (y < height) {
    // Some writers leave out the end after the last pixel.
    if (at >= bytes.length && y === height - 1 && x >= width) break
    const count = next()
    if (count > 0) {
      const pair = halves(next())
      for (let i = 0; i < count; i++) put(pair[i % 2] ?? 0)
      continue
    }
    const command = next()
    if (command === END_OF_BITMAP) break
    if (command === END_OF_LINE) {
      x = 0
      y++
    } else if (command === DELTA) {
      x += next()
      y += next()
    } else {
      const start = at
      for (let i = 0; i < command; i += nibbles ? 2 : 1) {
        const [first, second] = halves(next())
        put(first)
        if (nibbles && i + 1 < command) put(second)
      }
      // Literal pixels are padded to 16 bits.
      if ((at - start) % 2 === 1) at++
    }
  }
  return out
}
