/** The pictures of a verification set, each once however many pairs use it, and where workers find their bytes. */
import { createHash } from 'node:crypto'
import type { BytesImages, RangeImages } from '../collection.ts'

export interface DistinctPictures {
  readonly recipe: RangeImages | BytesImages
  /** The distinct picture that each picture is. */
  readonly numbers: Int32Array
  /** The first picture that has each distinct one's bytes, for messages. */
  readonly firsts: readonly number[]
}

/**
 * Pictures with equal bytes become one. If all of them lie as they are in `whole`, the bytes of the file, the file's ranges are
 * enough; otherwise the distinct ones are copied once.
 */
export function distinctPictures(file: string, whole: Uint8Array, pictures: readonly Uint8Array[]): DistinctPictures {
  const numberOf = new Map<string, number>()
  const firsts: number[] = []
  const numbers = Int32Array.from(pictures, (bytes, i) => {
    // Digests, not the bytes themselves, are compared: the file may have gigabytes.
    const digest = createHash('sha256').update(bytes).digest('base64')
    const known = numberOf.get(digest)
    if (known !== undefined) return known
    numberOf.set(digest, firsts.length)
    return firsts.push(i) - 1
  })
  const distinct = firsts.map((i) => pictures[i] ?? new Uint8Array(0))
  const inFile = distinct.every((bytes) => bytes.buffer === whole.buffer)
  return { recipe: inFile ? rangesOf(file, whole, distinct) : inMemory(file, distinct), numbers, firsts }
}

function rangesOf(file: string, whole: Uint8Array, pictures: readonly Uint8Array[]): RangeImages {
  const count = pictures.length
  const offsets = new Float64Array(new SharedArrayBuffer(8 * count))
  const lengths = new Uint32Array(new SharedArrayBuffer(4 * count))
  for (const [i, bytes] of pictures.entries()) {
    offsets[i] = bytes.byteOffset - whole.byteOffset
    lengths[i] = bytes.length
  }
  return { kind: 'ranges', files: [file], offsets, lengths, file: new Uint16Array(new SharedArrayBuffer(2 * count)) }
}

function inMemory(file: string, pictures: readonly Uint8Array[]): BytesImages {
  const starts = new Float64Array(new SharedArrayBuffer(8 * (pictures.length + 1)))
  for (const [i, bytes] of pictures.entries()) starts[i + 1] = (starts[i] ?? 0) + bytes.length
  const all = new Uint8Array(new SharedArrayBuffer(starts[pictures.length] ?? 0))
  for (const [i, bytes] of pictures.entries()) all.set(bytes, starts[i])
  return { kind: 'bytes', name: file, bytes: all, starts }
}
