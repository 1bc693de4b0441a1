/**
 * NVIDIA's management library: the driver's version, free memory, which GPUs NVLink connects, and what a card is doing. It is optional
 * for arcc.
 */
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
  /** What a card is doing now, asked on another thread because an answer takes up to tens of milliseconds. */
  activity(busId: string): Promise<GpuActivity>
  close(): void
}

/** The figures that NVML reports of a card; others are missing. */
interface GpuActivity {
  /** Fraction of the last sampling period, at most a second, in which a kernel ran. */
  readonly utilization?: number
  /** Used bytes of the card, by all processes. */
  readonly usedBytes?: number
  /** °C */
  readonly temperature?: number
  readonly watts?: number
  /** Clock of the multiprocessors, Hz. */
  readonly clock?: number
}

const success = 0
/** `NVML_TEMPERATURE_GPU`, and `NVML_CLOCK_SM`. */
const gpuSensor = 0
const multiprocessorClock = 1
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
    async activity(busId) {
      const device = handle(busId)
      if (device === undefined) return {}
      const [use, memory, temperature, power, clock] = await Promise.all([
        // nvmlUtilization_t: percent of the time for kernels and for memory, u32 each.
        ask(library, 'nvmlDeviceGetUtilizationRates', 8, device),
        // nvmlMemory_t, as above.
        ask(library, 'nvmlDeviceGetMemoryInfo', 24, device),
        ask(library, 'nvmlDeviceGetTemperature', 4, device, gpuSensor),
        // Milliwatts.
        ask(library, 'nvmlDeviceGetPowerUsage', 4, device),
        // MHz.
        ask(library, 'nvmlDeviceGetClockInfo', 4, device, multiprocessorClock),
      ])
      return {
        ...(use === undefined ? {} : { utilization: use.readUInt32LE(0) / 100 }),
        ...(memory === undefined ? {} : { usedBytes: Number(memory.readBigUInt64LE(16)) }),
        ...(temperature === undefined ? {} : { temperature: temperature.readUInt32LE() }),
        ...(power === undefined ? {} : { watts: power.readUInt32LE() / 1000 }),
        ...(clock === undefined ? {} : { clock: clock.readUInt32LE() * 1e6 }),
      }
    },
    close() {
      library.func('int nvmlShutdown()')()
    },
  }
}

/** The bytes that a function of one device fills in, on another thread; `undefined` if it fails or does not exist. */
function ask(
  library: NativeLibrary,
  name: string,
  bytes: number,
  device: bigint,
  kind?: number,
): Promise<Buffer | undefined> {
  const out = Buffer.alloc(bytes)
  const inputs = kind === undefined ? [device, out] : [device, kind, out]
  return new Promise((resolve) => {
    try {
      const native = library.func(`int ${name}(void*${kind === undefined ? '' : ', int'}, void*)`)
      native.async(...inputs, (error: unknown, result: unknown) =>
        resolve(error === null && result === success ? out : undefined),
      )
    } catch {
      // Older drivers lack some of these functions.
      resolve(undefined)
    }
  })
}

/** The text that C wrote into a buffer, up to its terminating zero. */
export function readText(buffer: Buffer): string {
  const end = buffer.indexOf(0)
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end)
}
