/** Recognizes the images of a folder by their names, so that a plan can count them without opening any. */
import { extname } from 'node:path'

/** The names of the kinds in `picture-kind.ts`; the content decides how an image is read. */
const endings = new Set([
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp', '.dib'],
  ...['.pbm', '.pgm', '.ppm', '.pnm'],
])

export function isPictureName(name: string): boolean {
  return endings.has(extname(name).toLowerCase())
}
