/** NVIDIA's management library: the driver's version, free memory, and which GPUs NVLink connects. It is optional for arcc. */
import { type NativeLibrary, openLibrary } from '../native-library.ts'

/** GPUs are identified by PCI address: NVML's numbering differs from CUDA's and ignores `CUDA_VISIBLE_DEVICES`. */
export interface Nvml {
  /** `580.159.04` */
  driverVersion(): string | undefined
  /**
   * Unused bytes; `undefined` if NVML does not report them, or reports more than `total` bytes: then they are for the card that
   * this part belongs to.
   */
  freeMemory(busId: string, total: number): number | undefined
  /** Whether NVLink connects two GPUs. */
  linked(one: string, other: string): boolean
  close(): void
}

const success = 0
const versionLength = 96
/** `NVML_P2P_CAPS_INDEX_NVLINK`, and `NVML_P2P_STATUS_OK`. */
const overNvlink = 2
const reachable = 0
/** NVML's total includes memory that the driver reserves; parts of a card (MIG) are at most half of it. */
const sameCard = 1.2

/** `undefined` if the library is missing or fails to initialize. */
export function openNvml(name: string): Nvml | undefined {
  let library: NativeLibrary
  try {
    library = openLibrary(name)
    if (library.func('int nvmlInit_v2()')() !== success) return undefined
  } catch {
    return undefined
  }
  return nvmlOf(library)
}

function nvmlOf(library: NativeLibrary): Nvml {
  const handles = new Map<string, bigint | undefined>()
  const handle = (busId: string): bigint | undefined => {
    if (!handles.has(busId)) {
      const out = Buffer.alloc(8)
      const found = library.func('int nvmlDeviceGetHandleByPciBusId_v2(const char*, void*)')(busId, out) === success
      handles.set(busId, found ? out.readBigUInt64LE() : undefined)
    }
    return handles.get(busId)
  }
  return {
    driverVersion() {
      const out = Buffer.alloc(versionLength)
      const answered = library.func('int nvmlSystemGetDriverVersion(void*, unsigned int)')(out, out.length) === success
      return answered ? readText(out) : undefined
    },
    freeMemory(busId, total) {
      const device = handle(busId)
      if (device === undefined) return undefined
      // nvmlMemory_t: total, free and used, in bytes.
      const out = Buffer.alloc(24)
      if (library.func('int nvmlDeviceGetMemoryInfo(void*, void*)')(device, out) !== success) return undefined
      const [whole, free] = [Number(out.readBigUInt64LE(0)), Number(out.readBigUInt64LE(8))]
      return whole > total * sameCard ? undefined : Math.min(free, total)
    },
    linked(one, other) {
      const [from, to] = [handle(one), handle(other)]
      if (from === undefined || to === undefined) return false
      const out = [-1]
      const ask = library.func('int nvmlDeviceGetP2PStatus(void*, void*, int, _Out_ int*)')
      return ask(from, to, overNvlink, out) === success && out[0] === reachable
    },
    close() {
      library.func('int nvmlShutdown()')()
    },
  }
}

/** The text that C wrote into a buffer, up to its terminating zero. */
export function readText(buffer: Buffer): string {
  const end = buffer.indexOf(0)
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end)
}
