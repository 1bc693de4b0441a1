/** The engine `xla`: compiles graphs through a PJRT plugin and runs them on N devices of this process. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { emitModule } from '../../compiler/stablehlo/emit-module.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { Backend, DeviceRequest, Located, LocateProgress } from '../backend/backend.ts'
import { backendOf } from '../backend/backend-of.ts'
import { clientError } from '../backend/client-error.ts'
import type { CompileOptions, DeviceTensor, Donation, Engine, Executable, HostTensor } from '../engine.ts'
import { cacheKey, compileCacheEnabled, dropCached, readCached, writeCached } from './compile-cache.ts'
import { PjrtBuffer, uploadBuffer } from './pjrt/buffer.ts'
import { PjrtClient } from './pjrt/client.ts'
import { writeCompileOptions } from './pjrt/compile-options.ts'
import { peakMemory } from './pjrt/device-memory.ts'
import { PjrtExecutable } from './pjrt/executable.ts'
import { PjrtLibrary } from './pjrt/library.ts'

export interface XlaEngineOptions {
  /** How many devices the program runs on. */
  readonly replicas: number
  /** Which devices those are; as many virtual ones of this computer where nothing is said. */
  readonly devices?: DeviceRequest
  /** Another plugin library; `$ARCC_XLA_PLUGIN` does the same. */
  readonly plugin?: string
  /** Told how far the fetch of the plugin and its libraries is, on first use. */
  readonly onProgress?: (progress: LocateProgress) => void
  /** Which platform's formulations to write, where it isn't the plugin's own: for tests, since all of them run anywhere. */
  readonly writeFor?: DeviceKind
  /** Programs that took longer to compile than this are kept on disk, in milliseconds; 500 where nothing is said. */
  readonly cacheAbove?: number
}

export interface XlaEngine extends Engine {
  readonly name: 'xla'
  /** What its programs are written for. */
  readonly platform: DeviceKind
  /** Version of the PJRT C API that the plugin speaks, `0.115`. */
  readonly apiVersion: string
  /** The plugin library. */
  readonly pluginPath: string
  /** Programs that came from the disk, and that were compiled. */
  readonly programs: { readonly cached: number; readonly compiled: number }
  /** The most bytes that were in use at once on the fullest device, compiling included; `undefined` where nobody counts. */
  deviceMemory(): number | undefined
}

/**
 * Starts the engine; the plugin is fetched first where it is missing. Throws ARC6001 to ARC6008 for an environment that cannot run
 * it, ARC6030 to ARC6036 for CUDA's libraries, and PjrtError where the plugin refuses.
 */
export async function createXlaEngine(options: XlaEngineOptions): Promise<XlaEngine> {
  const { replicas, devices = { kind: 'cpu', devices: replicas }, plugin, onProgress = () => {} } = options
  const backend = backendOf(devices)
  const located = await backend.locate(plugin, onProgress)
  const library = PjrtLibrary.load(located.plugin)
  const client = await PjrtClient.create(library, replicas, backend.createOptions).catch((error: unknown) => {
    throw clientError(error, { path: located.plugin, kind: backend.kind })
  })
  return new LoadedEngine(client, backend, located, options)
}

const plainCount = (devices: number) => (devices === 1 ? '1 device' : `${devices} devices`)

class LoadedEngine implements XlaEngine {
  readonly name = 'xla'
  readonly replicas: number
  readonly platform: DeviceKind
  readonly #client: PjrtClient
  readonly #backend: Backend
  readonly #located: Located
  readonly #cacheAbove: number
  readonly #programs = { cached: 0, compiled: 0 }
  /** Runs start in the order in which they were asked for: replicas that meet in a collective must not meet another run. */
  #lastStart: Promise<unknown> = Promise.resolve()

  constructor(client: PjrtClient, backend: Backend, located: Located, options: XlaEngineOptions) {
    this.#client = client
    this.#backend = backend
    this.#located = located
    this.replicas = options.replicas
    this.#cacheAbove = options.cacheAbove ?? 500
    this.platform = options.writeFor ?? backend.kind
  }

  get description(): string {
    const devices = this.#backend.kind === 'cpu' ? plainCount(this.replicas) : this.#deviceNames()
    return `XLA ${this.#backend.kind.toUpperCase()} (PJRT ${this.apiVersion}), ${devices}`
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
    if (graph.replicas !== this.replicas) bug(`${graph.name} is for ${graph.replicas} replicas, not ${this.replicas}`)
    const donate = options.donate ?? new Map<number, number>()
    const program = await this.#program(graph, donate)
    const donated = new Set(donate.values())
    return {
      run: (inputs) => this.#run(program, inputs, donated),
      memory: program.memory(),
      dispose: () => program.dispose(),
    }
  }

  upload(replica: number, tensor: HostTensor): Promise<DeviceTensor> {
    return uploadBuffer(this.#client, need(this.#client.devices[replica], `device ${replica}`), tensor)
  }

  dispose(): void {
    this.#client.dispose()
  }

  deviceMemory(): number | undefined {
    const peaks = Array.from({ length: this.replicas }, (_, device) => peakMemory(this.#client, device) ?? 0)
    return Math.max(...peaks) || undefined
  }

  /** `8 × NVIDIA H100 80GB HBM3` */
  #deviceNames(): string {
    const names = this.#client.devices.slice(0, this.replicas).map((device) => this.#client.kindOf(device))
    return [...new Set(names)].map((name) => `${names.filter((one) => one === name).length} × ${name}`).join(', ')
  }

  async #program(graph: Graph, donate: Donation): Promise<PjrtExecutable> {
    const client = this.#client
    const outputs = graph.outputs.map((output) => output.value.type)
    const compileOptions = writeCompileOptions({ replicas: this.replicas, overrides: this.#located.flags(graph) })
    const emit = (locations: boolean) => emitModule(graph, { platform: this.platform, donate, locations })
    const useCache = compileCacheEnabled()
    // The key leaves the source places out: moving a block in a file changes no machine code.
    const plugin = `${this.pluginPath} ${client.platformVersion} ${this.apiVersion}`
    const device = `${this.#deviceNames()} ${this.#located.identity}`
    const key = useCache ? cacheKey({ program: emit(false), options: compileOptions, plugin, device }) : ''
    const cached = useCache ? await readCached(key) : undefined
    if (cached !== undefined) {
      try {
        const program = await PjrtExecutable.deserialize(client, cached, outputs)
        this.#programs.cached += 1
        return program
      } catch {
        await dropCached(key)
      }
    }
    const start = performance.now()
    const program = await PjrtExecutable.compile(client, emit(true), compileOptions, outputs)
    this.#programs.compiled += 1
    if (useCache && performance.now() - start >= this.#cacheAbove) await writeCached(key, program.serialize())
    return program
  }

  async #run(
    program: PjrtExecutable,
    inputs: readonly (readonly DeviceTensor[])[],
    donated: ReadonlySet<number>,
  ): Promise<PjrtBuffer[][]> {
    if (inputs.length !== this.replicas) bug(`inputs for ${inputs.length} replicas, not ${this.replicas}`)
    const own = inputs.map((list) =>
      list.map((tensor) => (tensor instanceof PjrtBuffer ? tensor : bug('a tensor of another engine'))),
    )
    const started = this.#lastStart.then(() => program.start(own, donated))
    this.#lastStart = started.catch(() => undefined)
    return (await started).outputs()
  }
}
