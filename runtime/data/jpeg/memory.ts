/** The memory of one JPEG decoder: what stays, and what is laid out anew for each picture. */
import { createKernelMemory, type KernelMemory, kernelsOf } from '../kernel-memory.ts'
import { huffmanBytes } from './huffman.ts'
import { kernelsBase64 } from './kernels.gen.ts'

/** The functions of kernels.wat, which documents their arguments. Addresses are in bytes. */
export interface JpegKernels {
  setZigzag(at: number): void
  startBits(at: number): void
  bitsRead(start: number): number
  takeReach(): number
  decodeBlock(
    block: number,
    dc: number,
    ac: number,
    quant: number,
    previous: number,
    out: number,
    stride: number,
  ): number
  upsample(
    near: number,
    far: number,
    nearWeight: number,
    farWeight: number,
    halfLeft: number,
    halfRight: number,
    shift: number,
    line: number,
    samples: number,
    out: number,
  ): void
  toRgb(y: number, cb: number, cr: number, samples: number, out: number): void
}

const instantiate = kernelsOf<JpegKernels>(kernelsBase64, [
  'setZigzag',
  'startBits',
  'bitsRead',
  'takeReach',
  'decodeBlock',
  'upsample',
  'toRgb',
])

/** The place in the block of each coefficient in the order of the file: figure A.6 of T.81. */
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]

export interface JpegMemory extends Pick<KernelMemory, 'reserve' | 'bytes' | 'words'> {
  readonly kernels: JpegKernels
  /** i16[8, 8], zero between blocks. */
  readonly block: number
  /** For each of three components: i32[64] quantization, two Huffman tables, and i32 the last DC value. */
  readonly quant: readonly number[]
  readonly dc: readonly number[]
  readonly ac: readonly number[]
  readonly previous: readonly number[]
  /** Forgets what was reserved for the last picture. */
  restart(): void
}

export function createJpegMemory(): JpegMemory {
  const memory = createKernelMemory()
  const kernels = instantiate(memory)
  const { reserve } = memory
  const three = (length: number) => [reserve(length), reserve(length), reserve(length)]
  const order = reserve(64)
  memory.bytes.set(
    zigzag.map((place) => 2 * place),
    order,
  )
  kernels.setZigzag(order)
  const fixed = {
    kernels,
    block: reserve(128),
    quant: three(256),
    dc: three(huffmanBytes),
    ac: three(huffmanBytes),
    previous: three(4),
  }
  const start = memory.used
  return {
    ...fixed,
    restart: () => memory.forget(start),
    reserve,
    get bytes() {
      return memory.bytes
    },
    get words() {
      return memory.words
    },
  }
}
