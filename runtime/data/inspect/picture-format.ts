/** Names the format of an encoded picture by its first bytes. */

const ascii = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('latin1')

/** `JPEG`, `PNG`, …; `unknown` for others. */
export function pictureFormat(bytes: Uint8Array): string {
  const [a = 0, b = 0, c = 0] = bytes
  if (a === 0xff && b === 0xd8 && c === 0xff) return 'JPEG'
  if (a === 0x89 && ascii(bytes, 1, 4) === 'PNG') return 'PNG'
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'WebP'
  if (ascii(bytes, 0, 3) === 'GIF') return 'GIF'
  if (ascii(bytes, 0, 2) === 'BM') return 'BMP'
  if (['II*\0', 'MM\0*'].includes(ascii(bytes, 0, 4))) return 'TIFF'
  if (ascii(bytes, 4, 8) === 'ftyp') return ['avif', 'avis'].includes(ascii(bytes, 8, 12)) ? 'AVIF' : 'HEIF'
  const netpbm: Readonly<Record<string, string>> = { P1: 'PBM', P4: 'PBM', P2: 'PGM', P5: 'PGM', P3: 'PPM', P6: 'PPM' }
  return netpbm[ascii(bytes, 0, 2)] ?? 'unknown'
}
