/** The compiler's view of this computer: files relative to the working folder, and the standard library of the package. */
import { isUtf8 } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import type { Host } from '../../compiler/host/host.ts'
import type { LocalGpu, LocalMachine } from '../../compiler/host/local-machine.ts'
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { type CudaDriver, type CudaGpu, computeCapability, findCudaDriver } from '../../runtime/cuda/driver.ts'
import { type Collections, createCollections } from '../../runtime/data/formats/data-formats.ts'
import { countDataset } from './count-dataset.ts'
import { readMachineProfile } from './machine-file.ts'
import { usageErrors } from './messages.ts'
import { stdlibFolder } from './package-folder.ts'

/** System error codes for a file that does not exist. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'])

/** What a file is whose bytes are not UTF-8 text; `undefined` if they are. */
function otherEncoding(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') return 'it is UTF-16'
  if (bytes.includes(0)) return `byte ${bytes.indexOf(0)} is zero, as in UTF-16 and in binary files`
  return isUtf8(bytes) ? undefined : 'it has bytes that UTF-8 does not have, as in Latin-1 or other older encodings'
}

/** A file with the path that messages show. Throws ARC6614 for other encodings than UTF-8. */
function readNamed(shown: string, path: string): SourceFile | undefined {
  try {
    const bytes = readFileSync(path)
    const found = otherEncoding(bytes)
    if (found !== undefined) throw usageErrors('ARC6614', { file: shown, found })
    return { path: shown, text: bytes.toString('utf8').replace(/^\uFEFF/, '') }
  } catch (error) {
    if (error instanceof Error && 'code' in error && absent.has(String(error.code))) return undefined
    throw error
  }
}

/** Modules are `NAME.arc`; the generated prelude is `prelude.gen.arc`. */
const moduleFile = /^(.+?)(?:\.gen)?\.arc$/

/** GPUs in the compiler's form. */
export function localGpus(gpus: readonly CudaGpu[]): LocalGpu[] {
  return gpus.map((gpu) => ({ name: gpu.name, memory: gpu.memory, compute: computeCapability(gpu) }))
}

/** This computer, as described by its driver and operating system. */
function describeComputer(driver: CudaDriver): LocalMachine {
  const limit = process.constrainedMemory()
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const cores = availableParallelism()
  if (!driver.found) return { gpus: [], nvlink: false, cores, memory }
  return { gpus: localGpus(driver.gpus), nvlink: driver.nvlink, cores, memory }
}

/** What commands that plan find out about this computer's CPU; other commands leave it open. */
export interface PlannedCpu {
  /** The rates for plans where no command has measured them. */
  readonly rates: () => MachineProfile | undefined
  readonly kernels: Host['cpuKernels']
}

const unknownCpu: PlannedCpu = { rates: () => undefined, kernels: () => undefined }

/** Determined once per process: the hardware does not change, and querying many GPUs takes a second. */
let computer: LocalMachine | undefined

/**
 * A host that reads below `folder`. Throws the system's error for files that exist but cannot be read. Data sets are listed in
 * `collections`, from which a run takes them. `cpu` is what plans on this computer's CPU need to know of it.
 */
export function fileHost(
  folder: string = process.cwd(),
  env: NodeJS.ProcessEnv = process.env,
  collections: Collections = createCollections(),
  cpu: PlannedCpu = unknownCpu,
): Host {
  const modules = new Map<string, string>()
  for (const file of readdirSync(stdlibFolder).sort()) {
    const name = moduleFile.exec(file)?.[1]
    if (name !== undefined) modules.set(name, file)
  }
  return {
    readSource: (path) => readNamed(path, resolve(folder, path)),
    readStdlib(name) {
      const file = modules.get(name)
      return file === undefined ? undefined : readNamed(`std/${file}`, join(stdlibFolder, file))
    },
    stdlibNames: [...modules.keys()],
    env: (name) => env[name],
    countDataset: (spec) => countDataset(spec, collections),
    machineProfile: () => readMachineProfile(env),
    cpuProfile: () => readMachineProfile(env) ?? cpu.rates(),
    cpuKernels: cpu.kernels,
    localMachine() {
      computer ??= describeComputer(findCudaDriver())
      return computer
    },
  }
}
