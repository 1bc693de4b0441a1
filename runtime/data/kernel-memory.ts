/** WebAssembly kernels (`kernels.wat`) and the memory that they share with TypeScript. */
import { bug } from '../../grammar/diagnostic.ts'

/** The system gives no more memory to kernels. */
export class KernelMemoryFull extends Error {}

export interface KernelMemory {
  readonly memory: WebAssembly.Memory
  /** Reserves this many bytes, aligned to 16 and padded; the views below change. Throws `KernelMemoryFull`. */
  reserve(bytes: number): number
  /** Bytes in use so far. */
  readonly used: number
  /** Forgets what was reserved since `used` had this value. */
  forget(used: number): void
  /** Views of the memory; only valid until `reserve` is called. */
  readonly bytes: Uint8Array
  readonly halves: Int16Array
  readonly words: Int32Array
}

const pageBytes = 65536
/** Kernels may pass the end of a buffer by up to 32 bytes, and write 16 before a scratch row. */
const padding = 64

export function createKernelMemory(): KernelMemory {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const views = () => ({
    bytes: new Uint8Array(memory.buffer),
    halves: new Int16Array(memory.buffer),
    words: new Int32Array(memory.buffer),
  })
  let used = padding
  let current = views()
  return {
    memory,
    reserve(bytes) {
      const address = used
      used += Math.ceil((bytes + padding) / 16) * 16
      const missing = Math.ceil(used / pageBytes) - memory.buffer.byteLength / pageBytes
      if (missing > 0) {
        try {
          memory.grow(missing)
        } catch (error) {
          throw new KernelMemoryFull(`${missing} more pages`, { cause: error })
        }
        current = views()
      }
      return address
    },
    get used() {
      return used
    },
    forget(mark) {
      used = mark
    },
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

/** Instantiates kernels for a memory; the module is compiled on the first call. */
export function kernelsOf<K extends object>(
  base64: string,
  names: readonly (keyof K & string)[],
): (memory: KernelMemory) => K {
  const isWhole = (exports: object): exports is K => names.every((name) => name in exports)
  let compiled: WebAssembly.Module | undefined
  return ({ memory }) => {
    compiled ??= new WebAssembly.Module(Buffer.from(base64, 'base64'))
    const { exports } = new WebAssembly.Instance(compiled, { arcc: { memory } })
    return isWhole(exports) ? exports : bug('kernels.gen.ts lacks a kernel')
  }
}
