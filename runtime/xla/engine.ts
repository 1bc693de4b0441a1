/** The engine `xla`: compiles graphs through a PJRT plugin and runs them on N devices of this process. */
import type { Graph } from '../../compiler/ir/graph.ts'
import { emitModule } from '../../compiler/stablehlo/emit-module.ts'
import type { Platform } from '../../compiler/stablehlo/emitter.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type {
  CompileOptions,
  DeviceTensor,
  Donation,
  Engine,
  Executable,
  HostTensor,
  ResidentState,
  StartedRun,
} from '../engine.ts'
import type { World } from '../world.ts'
import { cacheKey, compileCacheEnabled, dropCached, readCached, writeCached } from './compile-cache.ts'
import { cudaFlags } from './cuda-flags.ts'
import { type FetchProgress, locatePlugin } from './fetch-plugin.ts'
import { PjrtBuffer, type Upload, uploadBuffers } from './pjrt/buffer.ts'
import { PjrtClient } from './pjrt/client.ts'
import { writeCompileOptions } from './pjrt/compile-options.ts'
import { PjrtExecutable } from './pjrt/executable.ts'
import { PjrtLibrary } from './pjrt/library.ts'
import { keepState } from './pjrt/resident-state.ts'

export interface XlaEngineOptions {
  /** The devices that programs run on; the CPU plugin makes as many as are asked for. */
  readonly world: World
  /** Another plugin library; `$ARCC_XLA_PLUGIN` does the same. */
  readonly plugin?: string
  /** Told how far the fetch of the plugin is, on first use. */
  readonly onProgress?: FetchProgress
  /** Which platform's formulations to write, where it isn't the plugin's own: for tests, since all of them run anywhere. */
  readonly writeFor?: Platform
  /** Programs that took longer to compile than this are kept on disk, in milliseconds; 500 where nothing is said. */
  readonly cacheAbove?: number
}

export interface XlaEngine extends Engine {
  readonly name: 'xla'
  /** What its programs are written for. */
  readonly platform: Platform
  /** Version of the PJRT C API that the plugin speaks, `0.115`. */
  readonly apiVersion: string
  /** The plugin library. */
  readonly pluginPath: string
  /** Programs that came from the disk, and that were compiled. */
  readonly programs: { readonly cached: number; readonly compiled: number }
}

/**
 * Starts the engine; the plugin is fetched first where it is missing. Throws ARC6001 to ARC6008 for an environment that cannot run
 * it, PjrtError where the plugin refuses.
 */
export async function createXlaEngine(options: XlaEngineOptions): Promise<XlaEngine> {
  const path = await locatePlugin(options.plugin, options.onProgress)
  const library = PjrtLibrary.load(path)
  const client = await PjrtClient.create(library, options.world.local)
  return new LoadedEngine(client, options)
}

class LoadedEngine implements XlaEngine {
  readonly name = 'xla'
  readonly world: World
  readonly platform: Platform
  readonly #client: PjrtClient
  readonly #cacheAbove: number
  readonly #programs = { cached: 0, compiled: 0 }
  /** Runs start in the order in which they were asked for: replicas that meet in a collective must not meet another run. */
  #lastStart: Promise<unknown> = Promise.resolve()

  constructor(client: PjrtClient, options: XlaEngineOptions) {
    this.#client = client
    this.world = options.world
    this.#cacheAbove = options.cacheAbove ?? 500
    this.platform = options.writeFor ?? (client.platform === 'cpu' ? 'cpu' : 'cuda')
  }

  get description(): string {
    const { local } = this.world
    const devices = local === 1 ? '1 device' : `${local} devices`
    return `XLA ${this.#client.platform.toUpperCase()} (PJRT ${this.apiVersion}), ${devices}`
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
    const program = await this.#program(graph, donate)
    const donated = new Set(donate.values())
    const start = (inputs: Lists) => {
      const own = this.#ownBuffers(inputs)
      return this.#inTurn(() => program.start(own, donated))
    }
    return {
      start,
      run: async (inputs) => endedRun(await start(inputs)),
      keep: (state) => this.#keep(program, state, graph.inputs.length, donate),
      memory: program.memory(),
      dispose: () => program.dispose(),
    }
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

  async #program(graph: Graph, donate: Donation): Promise<PjrtExecutable> {
    const client = this.#client
    const outputs = graph.outputs.map((output) => output.value.type)
    const overrides = client.platform === 'cpu' ? {} : cudaFlags(graph)
    const compileOptions = writeCompileOptions({ replicas: this.world.size, overrides })
    const emit = (locations: boolean) => emitModule(graph, { platform: this.platform, donate, locations })
    const useCache = compileCacheEnabled()
    // The key leaves the source places out: moving a block in a file changes no machine code.
    const plugin = `${this.pluginPath} ${client.platformVersion} ${this.apiVersion}`
    const key = useCache ? cacheKey({ program: emit(false), options: compileOptions, plugin }) : ''
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

  #keep(program: PjrtExecutable, state: Lists, inputs: number, donate: Donation): ResidentState {
    const own = this.#ownBuffers(state)
    const count = own[0]?.length ?? 0
    for (let i = 0; i < count; i++) if (donate.get(i) !== i) bug(`input ${i} does not become output ${i}`)
    const kept = keepState(program, own, inputs)
    return {
      ...kept,
      start: (given) => {
        const beyond = this.#ownBuffers(given)
        return this.#inTurn(() => kept.start(beyond))
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

/** `[device][i]` */
type Lists = readonly (readonly DeviceTensor[])[]

/** The outputs of a run that has ended well; they are freed where it has not. */
async function endedRun(run: StartedRun): Promise<DeviceTensor[][]> {
  try {
    await run.end()
  } catch (error) {
    for (const tensor of run.outputs.flat()) tensor.dispose()
    throw error
  }
  return run.outputs
}
