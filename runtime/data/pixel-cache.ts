/** Decoded images in memory: all of them if they fit, otherwise the most recently used. */

export interface PixelCache {
  /** The bytes of image `i`, valid until the next `put`. */
  get(i: number): Uint8Array | undefined
  put(i: number, pixels: Uint8Array): void
  clear(): void
}

/** Images per block of memory: blocks are allocated on first use. */
const BLOCK = 256

/** A cache of up to `limitBytes` for `images` images of `pictureBytes` each. */
export function createPixelCache(images: number, pictureBytes: number, limitBytes: number): PixelCache {
  const slots = Math.min(images, Math.floor(limitBytes / pictureBytes))
  const blocks: (Uint8Array | undefined)[] = []
  // A Map iterates in insertion order, so its first key is the least recently used image.
  const slotOf = new Map<number, number>()

  const slotBytes = (slot: number): Uint8Array => {
    const block = Math.floor(slot / BLOCK)
    const memory = blocks[block] ?? new Uint8Array(Math.min(BLOCK, slots - block * BLOCK) * pictureBytes)
    blocks[block] = memory
    const start = (slot - block * BLOCK) * pictureBytes
    return memory.subarray(start, start + pictureBytes)
  }
  const freeSlot = (): number => {
    if (slotOf.size < slots) return slotOf.size
    for (const [oldest, slot] of slotOf) {
      slotOf.delete(oldest)
      return slot
    }
    return 0
  }
  return {
    get(i) {
      const slot = slotOf.get(i)
      if (slot === undefined) return undefined
      if (slots < images) {
        slotOf.delete(i)
        slotOf.set(i, slot)
      }
      return slotBytes(slot)
    },
    put(i, pixels) {
      if (slots === 0) return
      const slot = slotOf.get(i) ?? freeSlot()
      slotBytes(slot).set(pixels)
      slotOf.set(i, slot)
    },
    clear() {
      slotOf.clear()
      blocks.length = 0
    },
  }
}
