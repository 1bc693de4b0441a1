/** Names the format of an encoded picture. */
import { pictureKind } from '../picture-kind.ts'

const names = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  avif: 'AVIF',
  bmp: 'BMP',
  tiff: 'TIFF',
  netpbm: 'PGM or PPM',
} as const

/** `JPEG`, `PNG`, …; for other content, what it is. */
export function formatName(bytes: Uint8Array): string {
  const kind = pictureKind(bytes)
  if (kind === undefined) return 'unknown'
  return typeof kind === 'string' ? names[kind] : kind.what
}
