/**
 * The memory in which one image is augmented: WebAssembly's, so that the kernels reach it. Everything is allocated when an augmenter
 * is made; nothing is allocated per image.
 *
 * Legend: h w c the height, width and channels of an image.
 */
import { bug } from '../../../grammar/diagnostic.ts'
import { createKernelMemory, type KernelMemory, kernelsOf } from '../kernel-memory.ts'
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
export interface Canvas extends Pick<KernelMemory, 'reserve' | 'bytes' | 'halves' | 'words'> {
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
}

const instantiate = kernelsOf<Kernels>(kernelsBase64, [
  'mapColors',
  'mapLevels',
  'sumColors',
  'enlarge',
  'resample',
  'convolve',
])

export function createCanvas(size: ImageSize): Canvas {
  const { height, width, channels } = size
  if (channels !== 1 && channels !== 3) bug(`images with ${channels} channels`)
  const memory = createKernelMemory()
  const length = height * width * channels
  let address = memory.reserve(length)
  let spare = memory.reserve(length)
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
    kernels: instantiate(memory),
    reserve: memory.reserve,
    get bytes() {
      return memory.bytes
    },
    get halves() {
      return memory.halves
    },
    get words() {
      return memory.words
    },
  }
}
