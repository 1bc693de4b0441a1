/** Recognizes the images of a folder by their names, so that a plan can count them without opening any. */
import { extname } from 'node:path'

const endings = new Set(['.jpg', '.jpeg', '.png', '.webp', '.pgm', '.ppm', '.pnm'])

export function isPictureName(name: string): boolean {
  return endings.has(extname(name).toLowerCase())
}
