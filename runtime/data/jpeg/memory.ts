/** The memory of one JPEG decoder: what stays, and what is laid out anew for each picture. */
import { bug } from '../../../grammar/diagnostic.ts'
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

const names = ['setZigzag', 'startBits', 'bitsRead', 'takeReach', 'decodeBlock', 'upsample', 'toRgb']
function isKernels(exports: object): exports is JpegKernels {
  return names.every((name) => name in exports)
}

const pageBytes = 65536
/** Kernels may pass the end of a buffer by up to 32 bytes, and write 16 before a scratch row. */
const padding = 64

/** The place in the block of each coefficient in the order of the file: figure A.6 of T.81. */
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]

export interface JpegMemory {
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
  /** Reserves this many bytes, aligned to 16 and padded; `bytes` and `words` change. */
  reserve(bytes: number): number
  readonly bytes: Uint8Array
  readonly words: Int32Array
}

let compiled: WebAssembly.Module | undefined

export function createJpegMemory(): JpegMemory {
  const memory = new WebAssembly.Memory({ initial: 1 })
  compiled ??= new WebAssembly.Module(Buffer.from(kernelsBase64, 'base64'))
  const { exports: kernels } = new WebAssembly.Instance(compiled, { arcc: { memory } })
  if (!isKernels(kernels)) return bug('kernels.gen.ts lacks a kernel')
  let bytes = new Uint8Array(memory.buffer)
  let words = new Int32Array(memory.buffer)
  let used = padding
  const reserve = (length: number): number => {
    const address = used
    used += Math.ceil((length + padding) / 16) * 16
    const missing = Math.ceil(used / pageBytes) - memory.buffer.byteLength / pageBytes
    if (missing > 0) {
      memory.grow(missing)
      bytes = new Uint8Array(memory.buffer)
      words = new Int32Array(memory.buffer)
    }
    return address
  }
  const three = (length: number) => [reserve(length), reserve(length), reserve(length)]
  const order = reserve(64)
  bytes.set(
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
  const start = used
  return {
    ...fixed,
    restart() {
      used = start
    },
    reserve,
    get bytes() {
      return bytes
    },
    get words() {
      return words
    },
  }
}
