/**
 * Decoded pictures in memory that all threads share, before augmentation. Picture `i` has slot `i`; a slot is written once, and
 * two threads that decode the same picture at the same time write the same bytes.
 */

/** Survives structured cloning; the memory is shared. */
export interface SharedCache {
  /** u8[slots, bytes of a picture]. */
  readonly pixels: Uint8Array<SharedArrayBuffer>
  /** 1 where a picture is stored. */
  readonly stored: Uint8Array<SharedArrayBuffer>
}

/** A cache that holds less than this part of a set costs more memory than it saves time. */
const leastPart = 1 / 4

/**
 * A cache for the first pictures of a set, as many as fit into `limit` bytes; none if that is a small part of the set, or if the
 * memory cannot be reserved. The system provides memory only for slots that are written.
 */
export function createSharedCache(pictures: number, pictureBytes: number, limit: number): SharedCache | undefined {
  const slots = Math.min(pictures, Math.floor(limit / pictureBytes))
  if (slots < 1 || slots < pictures * leastPart) return undefined
  try {
    return {
      pixels: new Uint8Array(new SharedArrayBuffer(slots * pictureBytes)),
      stored: new Uint8Array(new SharedArrayBuffer(slots)),
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Copies picture `i` into `out` if it is stored. */
export function readCached({ pixels, stored }: SharedCache, i: number, out: Uint8Array): boolean {
  if (i >= stored.length || Atomics.load(stored, i) === 0) return false
  out.set(pixels.subarray(i * out.length, (i + 1) * out.length))
  return true
}

/** Stores picture `i` if it has a slot. */
export function storeCached({ pixels, stored }: SharedCache, i: number, picture: Uint8Array): void {
  if (i >= stored.length) return
  pixels.set(picture, i * picture.length)
  Atomics.store(stored, i, 1)
}
