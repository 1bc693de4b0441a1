/** Many pictures in one: rows are identities, columns their samples. */
import type { Image } from '../runtime/data/image.ts'

/** Pastes equally sized images in a grid, `gap` white pixels apart. Missing cells stay white. */
export function contactSheet(rows: readonly (readonly Image[])[], gap = 2): Image {
  const first = rows[0]?.[0]
  const cellWidth = first?.width ?? 1
  const cellHeight = first?.height ?? 1
  const columns = Math.max(1, ...rows.map((row) => row.length))
  const width = columns * (cellWidth + gap) - gap
  const height = Math.max(1, rows.length * (cellHeight + gap) - gap)
  const data = new Uint8Array(width * height * 3).fill(255)
  for (const [r, row] of rows.entries()) {
    for (const [c, image] of row.entries()) {
      for (let y = 0; y < cellHeight; y++) {
        const from = image.data.subarray(y * cellWidth * 3, (y + 1) * cellWidth * 3)
        data.set(from, ((r * (cellHeight + gap) + y) * width + c * (cellWidth + gap)) * 3)
      }
    }
  }
  return { width, height, data }
}

/** The image as the bytes of a PNG file. */
export async function encodePng(image: Image): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .png()
    .toBuffer()
}
