/**
 * The GPUs that NVIDIA's driver exposes to this process. `libcuda.so.1` provides them; `libnvidia-ml.so.1`, if present, adds
 * information that CUDA only provides after creating a context. Both come with the driver; arcc downloads neither.
 */
import { readFileSync } from 'node:fs'
import { type NativeLibrary, openLibrary } from '../native-library.ts'
import { type Nvml, openNvml, readText } from './nvml.ts'

export interface CudaGpu {
  /** CUDA's index, after applying `CUDA_VISIBLE_DEVICES`. */
  readonly index: number
  /** The driver's name: `NVIDIA H100 80GB HBM3`. */
  readonly name: string
  /** Total bytes of the card. */
  readonly memory: number
  readonly compute: readonly [major: number, minor: number]
  /** Unused bytes, if NVML reports them. */
  readonly free?: number
  /** PCI address: `00000000:17:00.0`. */
  readonly busId?: string
}

/** The compute capability as a number: 9.0. */
export function computeCapability({ compute: [major, minor] }: Pick<CudaGpu, 'compute'>): number {
  return Number(`${major}.${minor}`)
}

export interface FoundDriver {
  readonly found: true
  /** `580.159.04`; `undefined` if neither NVML nor the kernel reports it. */
  readonly version: string | undefined
  /** The newest CUDA that the driver supports. */
  readonly cuda: readonly [major: number, minor: number]
  readonly gpus: readonly CudaGpu[]
  /** Whether NVLink connects every pair of GPUs; false for a single GPU, and if NVML is missing. */
  readonly nvlink: boolean
}

export type CudaDriver =
  | {
      readonly found: false
      /** No driver is installed; it reports no GPU; or it is unusable. */
      readonly reason: 'no-library' | 'no-device' | 'failed'
      /** An explanation for the user. */
      readonly detail: string
    }
  | FoundDriver

/** The driver's two libraries: names for the system's loader, or paths. */
export interface DriverLibraries {
  readonly cuda: string
  readonly nvml: string
}

export const systemLibraries: DriverLibraries = { cuda: 'libcuda.so.1', nvml: 'libnvidia-ml.so.1' }

/** Result codes of CUDA's driver functions. */
const success = 0
const noDevice = 100

/** `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `_MINOR`. */
const computeMajor = 75
const computeMinor = 76

const nameLength = 256
/** `00000000:17:00.0` and its terminating zero, with room to spare. */
const busIdLength = 32

/** A result of the driver other than success. */
class CudaRefusal extends Error {
  readonly result: number

  constructor(result: number, message: string) {
    super(message)
    this.result = result
  }
}

/**
 * Queries the driver without creating a context: the GPUs stay untouched. Takes under 100 ms without a driver; with one, as long
 * as `cuInit`, up to a second with many GPUs.
 */
export function findCudaDriver(libraries: DriverLibraries = systemLibraries): CudaDriver {
  let library: NativeLibrary
  try {
    library = openLibrary(libraries.cuda)
  } catch (error) {
    return { found: false, reason: 'no-library', detail: describeAbsence(libraries.cuda, firstLine(error)) }
  }
  try {
    return askDriver(library, libraries.nvml)
  } catch (error) {
    if (error instanceof CudaRefusal && error.result === noDevice) return noVisibleGpu()
    return { found: false, reason: 'failed', detail: firstLine(error) }
  }
}

function describeAbsence(library: string, said: string): string {
  if (said.includes('No such file')) return `no NVIDIA driver is installed: the system finds no ${library}`
  return `${library} does not load: ${said}`
}

function noVisibleGpu(): CudaDriver {
  const visible = process.env.CUDA_VISIBLE_DEVICES
  const why = visible === undefined ? '' : `; CUDA_VISIBLE_DEVICES is "${visible}"`
  return { found: false, reason: 'no-device', detail: `the NVIDIA driver shows no GPU${why}` }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}

function askDriver(library: NativeLibrary, nvmlName: string): CudaDriver {
  const check = (method: string, result: number) => {
    if (result !== success) throw new CudaRefusal(result, `${method} failed: ${describeResult(library, result)}`)
  }
  const integer = (method: string, ...inputs: number[]): number => {
    const out = [0]
    const types = inputs.map(() => ', int').join('')
    check(method, library.func(`int ${method}(_Out_ int*${types})`)(out, ...inputs))
    return out[0] ?? 0
  }
  const text = (method: string, length: number, device: number): string => {
    const out = Buffer.alloc(length)
    check(method, library.func(`int ${method}(void*, int, int)`)(out, length, device))
    return readText(out)
  }
  check('cuInit', library.func('int cuInit(unsigned int)')(0))
  const version = integer('cuDriverGetVersion')
  const count = integer('cuDeviceGetCount')
  if (count === 0) return noVisibleGpu()
  const nvml = openNvml(nvmlName)
  try {
    const devices = Array.from({ length: count }, (_, index) => {
      const device = integer('cuDeviceGet', index)
      const total = [0]
      check('cuDeviceTotalMem', library.func('int cuDeviceTotalMem_v2(_Out_ size_t*, int)')(total, device))
      const busId = text('cuDeviceGetPCIBusId', busIdLength, device)
      const gpu: CudaGpu = {
        index,
        busId,
        name: text('cuDeviceGetName', nameLength, device),
        memory: Number(total[0]),
        compute: [
          integer('cuDeviceGetAttribute', computeMajor, device),
          integer('cuDeviceGetAttribute', computeMinor, device),
        ],
      }
      const free = nvml?.freeMemory(busId, gpu.memory)
      return { busId, gpu: free === undefined ? gpu : { ...gpu, free } }
    })
    return {
      found: true,
      version: nvml?.driverVersion() ?? kernelDriverVersion(),
      cuda: [Math.floor(version / 1000), Math.floor((version % 1000) / 10)],
      gpus: devices.map(({ gpu }) => gpu),
      nvlink: allLinked(
        nvml,
        devices.map(({ busId }) => busId),
      ),
    }
  } finally {
    nvml?.close()
  }
}

function allLinked(nvml: Nvml | undefined, busIds: readonly string[]): boolean {
  if (nvml === undefined || busIds.length < 2) return false
  return busIds.every((one, i) => busIds.slice(i + 1).every((other) => nvml.linked(one, other)))
}

/** `CUDA_ERROR_SYSTEM_NOT_READY (802): system not yet initialized` */
function describeResult(library: NativeLibrary, result: number): string {
  const ask = (method: string): string | undefined => {
    const out = [null]
    const refused = library.func(`int ${method}(int, _Out_ const char**)`)(result, out) !== success
    return refused ? undefined : (out[0] ?? undefined)
  }
  const name = ask('cuGetErrorName')
  const meaning = ask('cuGetErrorString')
  return name === undefined
    ? `CUDA error ${result}`
    : `${name} (${result})${meaning === undefined ? '' : `: ${meaning}`}`
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 …` */
function kernelDriverVersion(): string | undefined {
  try {
    return /\s(\d+\.\d+(?:\.\d+)?)\s/.exec(readFileSync('/proc/driver/nvidia/version', 'utf8'))?.[1]
  } catch {
    return undefined
  }
}
