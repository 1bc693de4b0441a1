/** Recognizes what a file is by its first bytes: the pictures that arcc reads, and others that it can at least name. */

/** Kinds that arcc reads. */
export type PictureKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp' | 'netpbm'

/** Something else. */
export interface OtherKind {
  /** With its article: `a web page, not a picture`. */
  readonly what: string
  /** What to do about it. */
  readonly fix: string
}

const convert = 'convert it to JPEG or PNG'
const again = 'download the file again'
const unpack = 'unpack it first'

/** Text that says what a file is, at a byte offset. `?` is any byte. */
interface Signature {
  readonly at?: number
  readonly text: string
}

const pictures: readonly (readonly [PictureKind, Signature])[] = [
  ['jpeg', { text: '\xff\xd8' }],
  ['png', { text: '\x89PNG\r\n\x1a\n' }],
  ['webp', { text: 'RIFF????WEBP' }],
  ['gif', { text: 'GIF87a' }],
  ['gif', { text: 'GIF89a' }],
  ['avif', { at: 4, text: 'ftypavif' }],
  ['avif', { at: 4, text: 'ftypavis' }],
  ['bmp', { text: 'BM' }],
]

const raw: OtherKind = { what: 'a raw camera file', fix: convert }
const heic: OtherKind = { what: 'a HEIC picture', fix: convert }
const jpeg2000: OtherKind = { what: 'a JPEG 2000 picture', fix: convert }
const jpegXl: OtherKind = { what: 'a JPEG XL picture', fix: convert }

const others: readonly (readonly [Signature, OtherKind])[] = [
  [{ at: 8, text: 'CR\x02' }, raw],
  [{ at: 4, text: 'ftypcrx ' }, raw],
  [{ text: 'FUJIFILMCCD-RAW' }, raw],
  [{ text: 'IIU\0' }, raw],
  [{ text: 'IIRO' }, raw],
  [{ text: 'IIRS' }, raw],
  [{ text: 'MMOR' }, raw],
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'].map((brand): [Signature, OtherKind] => [
    { at: 4, text: `ftyp${brand}` },
    heic,
  ]),
  [
    { at: 4, text: 'ftyp' },
    { what: 'a film', fix: 'extract its pictures first' },
  ],
  [{ text: 'RIFF????AVI ' }, { what: 'a film', fix: 'extract its pictures first' }],
  [{ text: '\x1a\x45\xdf\xa3' }, { what: 'a film', fix: 'extract its pictures first' }],
  [{ text: '\0\0\0\x0cjP  ' }, jpeg2000],
  [{ text: '\xff\x4f\xff\x51' }, jpeg2000],
  [{ text: '\0\0\0\x0cJXL ' }, jpegXl],
  [{ text: '\xff\x0a' }, jpegXl],
  [{ text: '8BPS' }, { what: 'a Photoshop document', fix: convert }],
  [{ text: 'P7' }, { what: 'a PAM picture', fix: convert }],
  [{ text: 'PF' }, { what: 'a floating-point PFM picture', fix: convert }],
  [{ text: 'Pf' }, { what: 'a floating-point PFM picture', fix: convert }],
  [{ text: '#?RADIANCE' }, { what: 'a Radiance picture', fix: convert }],
  [{ text: 'v/1\x01' }, { what: 'an OpenEXR picture', fix: convert }],
  [{ text: 'DDS ' }, { what: 'a DDS texture', fix: convert }],
  [{ text: '\0\0\x01\0' }, { what: 'an icon', fix: convert }],
  [{ text: '%PDF' }, { what: 'a PDF document', fix: convert }],
  [{ text: '%!PS' }, { what: 'a PostScript document', fix: convert }],
  [{ text: '\x1f\x8b' }, { what: 'a gzip file', fix: unpack }],
  [{ text: 'PK\x03\x04' }, { what: 'a zip file', fix: unpack }],
  [{ text: '7z\xbc\xaf\x27\x1c' }, { what: 'a 7z archive', fix: unpack }],
  [{ text: 'Rar!' }, { what: 'a rar archive', fix: unpack }],
  [{ text: 'BZh' }, { what: 'a bzip2 file', fix: unpack }],
  [{ text: '\xfd7zXZ' }, { what: 'an xz file', fix: unpack }],
  [{ text: '\x28\xb5\x2f\xfd' }, { what: 'a zstd file', fix: unpack }],
  [
    { at: 257, text: 'ustar' },
    { what: 'a tar archive', fix: unpack },
  ],
  [{ text: '\x93NUMPY' }, { what: 'a NumPy array', fix: 'store the picture as JPEG or PNG' }],
  [
    { text: 'version https://git-lfs.github.com/spec/' },
    { what: 'a pointer of git-lfs, not a picture', fix: 'run `git lfs pull` in the repository it comes from' },
  ],
]

function has(bytes: Uint8Array, { at = 0, text }: Signature): boolean {
  if (bytes.length < at + text.length) return false
  for (let i = 0; i < text.length; i++) {
    const expected = text.charCodeAt(i)
    if (expected !== 63 && bytes[at + i] !== expected) return false
  }
  return true
}

function isNetpbm(bytes: Uint8Array): boolean {
  const kind = bytes[1] ?? 0
  const after = bytes[2] ?? 0
  // White space, or the start of a comment.
  return (
    bytes[0] === 0x50 && kind >= 0x31 && kind <= 0x36 && (after === 32 || (after >= 9 && after <= 13) || after === 35)
  )
}

/** "II*\0", "MM\0*", and the same with 43 for files beyond 4 GB. */
function isTiff(bytes: Uint8Array): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((text) => has(bytes, { text }))
}

/** Bytes that are looked at to tell text from anything else. */
const SAMPLE = 512

function textKind(bytes: Uint8Array): OtherKind | undefined {
  const sample = bytes.subarray(0, SAMPLE)
  // Control characters other than white space do not occur in text; neither do zeros, unless it is UTF-16.
  if (sample.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return undefined
  const text = Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength).toString('latin1').toLowerCase()
  if (text.includes('<!doctype html') || text.includes('<html') || text.includes('<head'))
    return { what: 'a web page, not a picture', fix: again }
  if (text.includes('<svg')) return { what: 'an SVG drawing', fix: convert }
  return { what: 'text, not a picture', fix: again }
}

/** What the bytes are; `undefined` if they are not known. */
export function pictureKind(bytes: Uint8Array): PictureKind | OtherKind | undefined {
  if (bytes.length === 0) return { what: 'empty', fix: again }
  for (const [kind, signature] of pictures) if (has(bytes, signature)) return kind
  for (const [signature, other] of others) if (has(bytes, signature)) return other
  if (isNetpbm(bytes)) return 'netpbm'
  if (isTiff(bytes)) return 'tiff'
  // A disk that ran full, or a download that never began, leaves zeros.
  if (bytes.subarray(0, SAMPLE).every((byte) => byte === 0)) return { what: 'filled with zeros', fix: again }
  return textKind(bytes)
}
