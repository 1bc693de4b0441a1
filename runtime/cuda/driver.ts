/**
 * Which GPUs NVIDIA's driver shows to this process: `libcuda.so.1` is asked, and `libnvidia-ml.so.1` where it is there for what CUDA
 * tells only after a context was made. Both come with the driver; arcc fetches neither.
 */
import { readFileSync } from 'node:fs'
import { type NativeLibrary, openLibrary } from '../native-library.ts'
import { type Nvml, openNvml, readText } from './nvml.ts'

export interface CudaGpu {
  /** As CUDA counts, after `CUDA_VISIBLE_DEVICES`. */
  readonly index: number
  /** The driver's: `NVIDIA H100 80GB HBM3`. */
  readonly name: string
  /** Bytes, all of the card's. */
  readonly memory: number
  readonly compute: readonly [major: number, minor: number]
  /** Bytes that nobody uses; where NVML says. */
  readonly free?: number
}

/** The compute capability as a number: 9.0. */
export function computeCapability({ compute: [major, minor] }: Pick<CudaGpu, 'compute'>): number {
  return Number(`${major}.${minor}`)
}

export interface FoundDriver {
  readonly found: true
  /** `580.159.04`; `undefined` where neither NVML nor the kernel says. */
  readonly version: string | undefined
  /** The newest CUDA that the driver supports. */
  readonly cuda: readonly [major: number, minor: number]
  readonly gpus: readonly CudaGpu[]
  /** Whether every two of the GPUs reach each other over NVLink; false for one GPU, and where NVML is missing. */
  readonly nvlink: boolean
}

export type CudaDriver =
  | {
      readonly found: false
      /** No driver is installed; it shows no GPU; or it cannot be used. */
      readonly reason: 'no-library' | 'no-device' | 'failed'
      /** A sentence for people. */
      readonly detail: string
    }
  | FoundDriver

/** Where the driver's two libraries are: names that the system's loader looks up, or paths. */
export interface DriverLibraries {
  readonly cuda: string
  readonly nvml: string
}

const systemLibraries: DriverLibraries = { cuda: 'libcuda.so.1', nvml: 'libnvidia-ml.so.1' }

/** Results of CUDA's driver functions. */
const success = 0
const noDevice = 100

/** `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `_MINOR`. */
const computeMajor = 75
const computeMinor = 76

const nameLength = 256
/** `00000000:17:00.0` and the zero that ends it, with room to spare. */
const busIdLength = 32

/** What the driver answered instead of success. */
class CudaRefusal extends Error {
  readonly result: number

  constructor(result: number, message: string) {
    super(message)
    this.result = result
  }
}

/**
 * Asks the driver, and makes no context: the GPUs stay as they are. Under 100 ms without a driver; with one as long as `cuInit`
 * takes, up to a second with many GPUs.
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
      const gpu: CudaGpu = {
        index,
        name: text('cuDeviceGetName', nameLength, device),
        memory: Number(total[0]),
        compute: [
          integer('cuDeviceGetAttribute', computeMajor, device),
          integer('cuDeviceGetAttribute', computeMinor, device),
        ],
      }
      const busId = text('cuDeviceGetPCIBusId', busIdLength, device)
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
