/** Cuts the bytes of a connection into frames. */
import { limits, Malformed } from './protocol.ts'

const sizeBytes = 4

/** Pieces that are held one by one: more of them are joined, since each takes memory of its own. */
const mostPieces = 1024

export interface FrameReader {
  /** Takes bytes; calls back for each frame that they complete. Throws `Malformed` for a frame above the limit. */
  take(bytes: Buffer): void
  /** From the next frame on, frames may be as large as those of an admitted connection. */
  admit(): void
}

/** A reader of frames; holds at most one frame, which it has allocated only as far as bytes have come. */
export function frameReader(onFrame: (frame: Buffer) => void): FrameReader {
  let most: number = limits.helloBytes
  let pieces: Buffer[] = []
  let held = 0

  /** The first `count` bytes of what is held, which are removed. */
  const cut = (count: number): Buffer => {
    const all = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    pieces = all.length === count ? [] : [all.subarray(count)]
    held -= count
    return all.subarray(0, count)
  }
  let size: number | undefined
  return {
    take(bytes) {
      pieces.push(bytes)
      held += bytes.length
      if (pieces.length > mostPieces) pieces = [Buffer.concat(pieces)]
      while (true) {
        if (size === undefined) {
          if (held < sizeBytes) return
          size = cut(sizeBytes).readUInt32LE(0)
          if (size > most) throw new Malformed(`a message of ${size} bytes is larger than ${most}`)
        }
        if (held < size) return
        const frame = cut(size)
        size = undefined
        onFrame(frame)
      }
    },
    admit() {
      most = limits.frameBytes
    },
  }
}
