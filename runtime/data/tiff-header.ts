/** The first directory of a TIFF file (TIFF 6.0), as far as it tells pictures that would be misread: samples that are no levels, raw sensor data. */

const NEW_SUBFILE_TYPE = 254
const BITS_PER_SAMPLE = 258
const SAMPLE_FORMAT = 339
const DNG_VERSION = 50706

/** Entries of a directory that are looked at; real ones have a few dozen. */
const MOST_ENTRIES = 512

/** What the file contains that arcc does not read, if so. Damage is left to the decoder. */
export function unreadTiff(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  if (bytes.length < 8) return undefined
  if (view.getUint16(2, little) === 43) return 'a BigTIFF picture'
  const directory = view.getUint32(4, little)
  if (directory + 2 > bytes.length) return undefined
  const entries = Math.min(MOST_ENTRIES, view.getUint16(directory, little))
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i
    if (at + 12 > bytes.length) return undefined
    const tag = view.getUint16(at, little)
    const count = view.getUint32(at + 4, little)
    // Several 16-bit values lie elsewhere; the first one stands for all.
    const place = count > 2 ? view.getUint32(at + 8, little) : at + 8
    if (place + 2 > bytes.length) return undefined
    const short = view.getUint16(place, little)
    // The first directory of a raw file is a small preview.
    if (tag === DNG_VERSION || (tag === NEW_SUBFILE_TYPE && (view.getUint32(at + 8, little) & 1) === 1)) {
      return 'a raw camera file'
    }
    if (tag === BITS_PER_SAMPLE && short > 16) return `a TIFF picture of ${short} bits per channel`
    if (tag === SAMPLE_FORMAT && short !== 1 && short !== 4) return 'a TIFF picture of signed or floating-point numbers'
  }
  return undefined
}
