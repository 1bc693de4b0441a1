/** The sizes that an AVIF file announces (ISO/IEC 23008-12, `ispe`), checked here because libvips reports absurd ones on standard error. */
import { sizeFault } from './picture-limits.ts'

/** Why the file is not decoded, if one of its images has a size beyond the limits. */
export function avifSizeFault(bytes: Uint8Array): string | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = file.indexOf('ispe', 0, 'latin1'); at >= 0; at = file.indexOf('ispe', at + 4, 'latin1')) {
    // After the name: version and flags, width, height.
    if (at + 16 > file.length) return undefined
    const fault = sizeFault(file.readUInt32BE(at + 8), file.readUInt32BE(at + 12))
    if (fault !== undefined) return fault
  }
  return undefined
}
