/** The engine `xla`: compiles graphs through a PJRT plugin and runs them on N devices of this process. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Donation, Graph } from '../../compiler/ir/graph.ts'
import { moduleText } from '../../compiler/stablehlo/emit-module.ts'
import type { NativeKernels } from '../../compiler/stablehlo/native-kernels.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { Backend, DeviceRequest, Located } from '../backend/backend.ts'
import { backendOf } from '../backend/backend-of.ts'
import { clientError } from '../backend/client-error.ts'
import type {
  CompileOptions,
  DeviceTensor,
  Engine,
  Executable,
  HostTensor,
  ResidentState,
  StartedRun,
} from '../engine.ts'
import type { Fetching } from '../events.ts'
import type { World } from '../world.ts'
import { type CompileCache, cacheKey, compileCacheEnabled, createCompileCache } from './compile-cache.ts'
import type { FirstRun } from './first-run.ts'
import { giveBackFreePages } from './free-pages.ts'
import { loadKernels, wideningNote } from './native/load-kernels.ts'
import type { FoundKernels } from './native/locate-kernels.ts'
import { PjrtBuffer, type Upload, uploadBuffers } from './pjrt/buffer.ts'
import { PjrtClient } from './pjrt/client.ts'
import { writeCompileOptions } from './pjrt/compile-options.ts'
import { peakMemory } from './pjrt/device-memory.ts'
import { PjrtExecutable } from './pjrt/executable.ts'
import { PjrtLibrary } from './pjrt/library.ts'
import { keepState } from './pjrt/resident-state.ts'

export interface XlaEngineOptions {
  /** The devices that programs run on. */
  readonly world: World
  /** The requested devices; defaults to virtual ones of this computer. */
  readonly devices?: DeviceRequest
  /** A plugin library to use instead; like `$ARCC_XLA_PLUGIN`. */
  readonly plugin?: string
  /** Receives the progress of downloading the plugin and its libraries on first use. */
  readonly onProgress?: (progress: Fetching) => void
  /** Receives what is wrong with the compile cache, and what is computed in another way than declared, as sentences for people. */
  readonly onWarning?: (message: string) => void
  /** The platform whose formulations to emit, if not the plugin's own; for tests, because all of them run on every platform. */
  readonly writeFor?: DeviceKind
  /** Whether programs call arcc's own kernels where this computer has them; defaults to true. */
  readonly native?: boolean
  /** Programs that took longer to compile than this are cached on disk, in milliseconds; defaults to 500. */
  readonly cacheAbove?: number
}

export interface XlaEngine extends Engine {
  readonly name: 'xla'
  /** The platform that its programs are emitted for. */
  readonly platform: DeviceKind
  /** Version of the PJRT C API that the plugin implements, `0.115`. */
  readonly apiVersion: string
  /** The plugin library. */
  readonly pluginPath: string
  /** Number of programs loaded from disk, and of programs compiled. */
  readonly programs: { readonly cached: number; readonly compiled: number }
  /**
   * The maximum number of bytes in use at once on the device with the highest use, including compilation; `undefined` if the
   * platform does not count.
   */
  deviceMemory(): number | undefined
}

/**
 * Starts the engine; a missing plugin is downloaded first. Throws ARC6001 to ARC6008 if the environment cannot run it, ARC6030 to
 * ARC6036 for CUDA's libraries, and PjrtError if the plugin refuses.
 */
export async function createXlaEngine(options: XlaEngineOptions): Promise<XlaEngine> {
  const { world, devices = { kind: 'cpu', devices: world.local }, plugin } = options
  const { onProgress = () => {}, onWarning = () => {} } = options
  const backend = backendOf(devices)
  const located = await backend.locate(plugin, onProgress, onWarning)
  const library = PjrtLibrary.load(located.plugin)
  const kernels = backend.kind === 'cpu' ? await kernelsFor(library, options) : undefined
  const client = await PjrtClient.create(library, world.local, backend.createOptions).catch((error: unknown) => {
    throw clientError(error, { path: located.plugin, kind: backend.kind })
  })
  return new LoadedEngine(client, backend, located, kernels, options)
}

async function kernelsFor(
  library: PjrtLibrary,
  { native = true, onProgress }: XlaEngineOptions,
): Promise<FoundKernels> {
  if (!native) return { found: false, reason: 'this engine leaves them out' }
  return loadKernels(library, (event) => onProgress?.({ what: 'oneDNN', ...event }))
}

const plainCount = (devices: number) => (devices === 1 ? '1 device' : `${devices} devices`)

class LoadedEngine implements XlaEngine {
  readonly name = 'xla'
  readonly world: World
  readonly platform: DeviceKind
  readonly #client: PjrtClient
  readonly #backend: Backend
  readonly #located: Located
  readonly #kernels: FoundKernels | undefined
  readonly #warn: (message: string) => void
  #saidWidening = false
  readonly #cacheAbove: number
  /** `undefined` if it is disabled. */
  readonly #cache: CompileCache | undefined
  readonly #programs = { cached: 0, compiled: 0 }
  /** Programs are compiled one at a time, which takes all cores and much memory; others are loaded meanwhile. */
  #lastCompiled: Promise<unknown> = Promise.resolve()
  /** Runs start in the order they were requested: replicas that meet in a collective must not meet another run. */
  #lastStart: Promise<unknown> = Promise.resolve()

  constructor(
    client: PjrtClient,
    backend: Backend,
    located: Located,
    kernels: FoundKernels | undefined,
    options: XlaEngineOptions,
  ) {
    this.#client = client
    this.#backend = backend
    this.#located = located
    this.#kernels = kernels
    this.world = options.world
    this.#cacheAbove = options.cacheAbove ?? 500
    this.#warn = options.onWarning ?? (() => {})
    this.#cache = compileCacheEnabled() ? createCompileCache(this.#warn) : undefined
    this.platform = options.writeFor ?? backend.kind
  }

  /** What programs may call. */
  get #native(): NativeKernels | undefined {
    return this.#kernels?.found === true && this.platform === 'cpu' ? this.#kernels.kernels : undefined
  }

  get description(): string {
    const devices = this.#backend.kind === 'cpu' ? plainCount(this.world.local) : this.#deviceNames()
    const kernels = this.#kernels === undefined ? '' : this.#kernels.found ? ' with oneDNN' : " with XLA's own kernels"
    return `XLA ${this.#backend.kind.toUpperCase()} (PJRT ${this.apiVersion})${kernels}, ${devices}`
  }

  get apiVersion(): string {
    return this.#client.library.apiVersion
  }

  get pluginPath(): string {
    return this.#client.library.path
  }

  get programs(): { readonly cached: number; readonly compiled: number } {
    return this.#programs
  }

  get alive(): number {
    return this.#client.live.buffers.size
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { size } = this.world
    if (graph.replicas !== size) bug(`${graph.name} is for ${graph.replicas} replicas, not ${size}`)
    const donate = options.donate ?? new Map<number, number>()
    const { program, firstRun } = await this.#program(graph, donate)
    this.#trim()
    const donated = new Set(donate.values())
    const start = (inputs: Lists) => {
      const own = this.#ownBuffers(inputs)
      return this.#inTurn(() => marked(firstRun, () => program.start(own, donated)))
    }
    return {
      start,
      run: async (inputs) => endedRun(await start(inputs)),
      keep: (state) => this.#keep({ program, firstRun }, state, graph.inputs.length, donate),
      memory: program.memory(),
      dispose: () => {
        program.dispose()
        this.#trim()
      },
    }
  }

  /** After what takes memory only once. Devices other than the CPU have memory of their own. */
  #trim(): void {
    if (this.#backend.kind === 'cpu') giveBackFreePages()
  }

  async upload(device: number, tensor: HostTensor): Promise<DeviceTensor> {
    return need((await uploadBuffers(this.#client, [this.#upload(device, tensor)]))[0], 'an upload')
  }

  async uploadAll(tensors: readonly (readonly HostTensor[])[]): Promise<DeviceTensor[][]> {
    const all = tensors.flatMap((own, device) => own.map((tensor) => this.#upload(device, tensor)))
    const buffers = (await uploadBuffers(this.#client, all)).values()
    return tensors.map((own) => own.map(() => need(buffers.next().value, 'an upload')))
  }

  #upload(device: number, tensor: HostTensor): Upload {
    return { device: need(this.#client.devices[device], `device ${device}`), tensor }
  }

  dispose(): void {
    this.#client.dispose()
  }

  deviceMemory(): number | undefined {
    const peaks = Array.from({ length: this.world.local }, (_, device) => peakMemory(this.#client, device) ?? 0)
    return Math.max(...peaks) || undefined
  }

  /** `8 × NVIDIA H100 80GB HBM3` */
  #deviceNames(): string {
    const names = this.#client.devices.slice(0, this.world.local).map((device) => this.#client.kindOf(device))
    return [...new Set(names)].map((name) => `${names.filter((one) => one === name).length} × ${name}`).join(', ')
  }

  async #program(graph: Graph, donate: Donation): Promise<Loaded> {
    const note = this.#kernels === undefined ? undefined : wideningNote(graph, this.#kernels)
    if (note !== undefined && !this.#saidWidening) this.#warn(note)
    this.#saidWidening ||= note !== undefined
    const outputs = graph.outputs.map((output) => output.value.type)
    const options = writeCompileOptions({
      replicas: this.world.size,
      overrides: this.#located.flags(graph, this.apiVersion),
    })
    const { text, located } = moduleText(graph, { platform: this.platform, native: this.#native, donate })
    let milliseconds = 0
    const compileNow = async () => {
      const start = performance.now()
      const program = await PjrtExecutable.compile(this.#client, located(), options, outputs)
      milliseconds = performance.now() - start
      this.#programs.compiled += 1
      return program
    }
    const compile = () => {
      const program = this.#lastCompiled.then(compileNow)
      this.#lastCompiled = program.catch(() => undefined)
      return program
    }
    const cache = this.#cache
    if (cache === undefined) return { program: await compile(), firstRun: undefined }
    // The key excludes source places: moving a block in a file does not change machine code.
    const plugin = `${this.pluginPath} ${this.#client.platformVersion} ${this.apiVersion}`
    const device = `${this.#deviceNames()} ${this.#located.identity}`
    const key = cacheKey({ program: text, options, plugin, device })
    const { firstRun, isTrusted } = await cache.open(key, graph.name)
    const bytes = isTrusted ? await cache.read(key, graph.name) : undefined
    if (bytes !== undefined) {
      firstRun.begin()
      try {
        const program = await PjrtExecutable.deserialize(this.#client, bytes, outputs)
        this.#programs.cached += 1
        return { program, firstRun }
      } catch {
        await cache.refuse(key, graph.name)
      } finally {
        firstRun.end()
      }
    }
    const program = await compile()
    if (milliseconds >= this.#cacheAbove) await cache.write(key, () => program.serialize())
    return { program, firstRun }
  }

  #keep({ program, firstRun }: Loaded, state: Lists, inputs: number, donate: Donation): ResidentState {
    const own = this.#ownBuffers(state)
    const count = own[0]?.length ?? 0
    for (let i = 0; i < count; i++) if (donate.get(i) !== i) bug(`input ${i} does not become output ${i}`)
    const kept = keepState(program, own, inputs)
    return {
      ...kept,
      start: (given) => {
        const beyond = this.#ownBuffers(given)
        return this.#inTurn(() => marked(firstRun, () => kept.start(beyond)))
      },
    }
  }

  #inTurn(start: () => Promise<StartedRun>): Promise<StartedRun> {
    const started = this.#lastStart.then(start)
    this.#lastStart = started.catch(() => undefined)
    return started
  }

  #ownBuffers(lists: Lists): PjrtBuffer[][] {
    if (lists.length !== this.world.local) bug(`inputs for ${lists.length} devices, not ${this.world.local}`)
    return lists.map((list) =>
      list.map((tensor) => (tensor instanceof PjrtBuffer ? tensor : bug('a tensor of another engine'))),
    )
  }
}

/** A program, and its first run in this process if it is marked on disk. */
interface Loaded {
  readonly program: PjrtExecutable
  readonly firstRun: FirstRun | undefined
}

/** Starts a run; the first one of a program is marked on disk until it has ended. */
async function marked(firstRun: FirstRun | undefined, start: () => Promise<StartedRun>): Promise<StartedRun> {
  if (firstRun === undefined) return start()
  firstRun.begin()
  try {
    const run = await start()
    return { ...run, end: () => run.end().finally(firstRun.passed) }
  } catch (error) {
    firstRun.passed()
    throw error
  }
}

/** `[device][i]` */
type Lists = readonly (readonly DeviceTensor[])[]

/** The outputs of a run that has completed; they are freed if it failed. */
async function endedRun(run: StartedRun): Promise<DeviceTensor[][]> {
  try {
    await run.end()
  } catch (error) {
    for (const tensor of run.outputs.flat()) tensor.dispose()
    throw error
  }
  return run.outputs
}
