/**
 * The memory in which one image is augmented: WebAssembly's, so that the kernels reach it. Everything is allocated when an augmenter
 * is made; nothing is allocated per image.
 *
 * Legend: h w c the height, width and channels of an image.
 */
import { bug } from '../../../grammar/diagnostic.ts'
import { kernelsBase64 } from './kernels.gen.ts'

/** Size of every image of a run; `channels` is 1 or 3. */
export interface ImageSize {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** The functions of kernels.wat, which documents their arguments. Addresses are in bytes. */
export interface Kernels {
  mapColors(at: number, groups: number, table: number): void
  mapLevels(at: number, groups: number, factor: number, offset: number): void
  sumColors(at: number, groups: number, result: number): void
  enlarge(
    to: number,
    height: number,
    pairs: number,
    rowBytes: number,
    rows: number,
    columns: number,
    line: number,
    groups: number,
  ): void
  resample(
    to: number,
    height: number,
    width: number,
    rowBytes: number,
    pixelBytes: number,
    rows: number,
    rowTaps: number,
    columns: number,
    columnTaps: number,
    line: number,
    groups: number,
  ): void
  convolve(from: number, to: number, groups: number, step: number, weights: number, taps: number): void
}

/** One image, u8[h, w, c], and scratch memory. Addresses change with each image: operations read them when they are applied. */
export interface Canvas {
  readonly size: ImageSize
  /** h · w · c. */
  readonly length: number
  /** The image. */
  readonly address: number
  /** A second image of the same size, for operations that cannot work in place. */
  readonly spare: number
  /** Makes the spare image the image, and the other way round. */
  swap(): void
  readonly kernels: Kernels
  /** Reserves this many bytes, aligned to 16 and padded; the views below change. */
  reserve(bytes: number): number
  /** The memory as bytes and as words; only valid until `reserve` is called. */
  readonly bytes: Uint8Array
  readonly halves: Int16Array
  readonly words: Int32Array
}

const pageBytes = 65536
/** Kernels may pass the end of a buffer by up to 32 bytes. */
const padding = 64

let compiled: WebAssembly.Module | undefined

function isKernels(exports: object): exports is Kernels {
  return ['mapColors', 'mapLevels', 'sumColors', 'enlarge', 'resample', 'convolve'].every((name) => name in exports)
}

export function createCanvas(size: ImageSize): Canvas {
  const { height, width, channels } = size
  if (channels !== 1 && channels !== 3) bug(`images with ${channels} channels`)
  const memory = new WebAssembly.Memory({ initial: 1 })
  compiled ??= new WebAssembly.Module(Buffer.from(kernelsBase64, 'base64'))
  const { exports } = new WebAssembly.Instance(compiled, { arcc: { memory } })
  if (!isKernels(exports)) return bug('kernels.gen.ts lacks a kernel')
  const views = () => ({
    bytes: new Uint8Array(memory.buffer),
    halves: new Int16Array(memory.buffer),
    words: new Int32Array(memory.buffer),
  })
  let used = padding
  let current = views()
  const reserve = (bytes: number): number => {
    const address = used
    used += Math.ceil((bytes + padding) / 16) * 16
    const missing = Math.ceil(used / pageBytes) - memory.buffer.byteLength / pageBytes
    if (missing > 0) {
      memory.grow(missing)
      current = views()
    }
    return address
  }
  const length = height * width * channels
  let address = reserve(length)
  let spare = reserve(length)
  return {
    size,
    length,
    get address() {
      return address
    },
    get spare() {
      return spare
    },
    swap() {
      ;[address, spare] = [spare, address]
    },
    kernels: exports,
    reserve,
    get bytes() {
      return current.bytes
    },
    get halves() {
      return current.halves
    },
    get words() {
      return current.words
    },
  }
}
