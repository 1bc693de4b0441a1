/** The engine `xla`: compiles graphs through a PJRT plugin and runs them on N devices of this process. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Donation, Graph } from '../../compiler/ir/graph.ts'
import type { NativeKernels } from '../../compiler/stablehlo/native-kernels.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { Backend, DeviceRequest, Located } from '../backend/backend.ts'
import { backendOf } from '../backend/backend-of.ts'
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
import { alone } from '../peers/alone.ts'
import type { Peers } from '../peers/peers.ts'
import { processes, type World } from '../world.ts'
import { buildCollectives } from './collectives/build-collectives.ts'
import { type Collectives, openCollectives } from './collectives/collectives.ts'
import { createRunOrder, hasCollectives, type RunOrder } from './collectives/run-order.ts'
import { compileCacheEnabled, createCompileCache } from './compile-cache.ts'
import type { FirstRun } from './first-run.ts'
import { giveBackFreePages } from './free-pages.ts'
import { createLoader, type LoadedProgram, type ProgramLoader } from './load-program.ts'
import { loadKernels, wideningNote } from './native/load-kernels.ts'
import type { FoundKernels } from './native/locate-kernels.ts'
import { PjrtBuffer, type Upload, uploadBuffers } from './pjrt/buffer.ts'
import type { PjrtClient } from './pjrt/client.ts'
import { peakMemory } from './pjrt/device-memory.ts'
import { PjrtLibrary } from './pjrt/library.ts'
import { keepState } from './pjrt/resident-state.ts'
import { buildStoreClient } from './store/build-client.ts'
import { explainFailure } from './store/explain.ts'
import { type OpenedClient, openClient } from './store/open-client.ts'
import { sameInAll } from './store/same-programs.ts'

export interface XlaEngineOptions {
  /** The devices that programs run on. */
  readonly world: World
  /** The processes of the world; defaults to this one alone. */
  readonly peers?: Peers
  /** For a collective of several processes on CPUs in which nothing moves, in seconds; defaults to half an hour. */
  readonly patience?: number
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
  /**
   * Programs that took longer to compile than this are cached on disk, in milliseconds; defaults to 100, more than loading one of
   * that size takes.
   */
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
 * Starts the engine; a missing plugin is downloaded first. In a run of several processes it waits for the engines of the others.
 * Throws ARC6001 to ARC6008 if the environment cannot run it, ARC6030 to ARC6036 for CUDA's libraries, ARC6880 to ARC6896 if the
 * processes' devices cannot be brought together, and PjrtError if the plugin refuses.
 */
export async function createXlaEngine(options: XlaEngineOptions): Promise<XlaEngine> {
  const { world, devices = { kind: 'cpu', devices: world.local }, plugin } = options
  const { peers = alone(), onProgress = () => {}, onWarning = () => {} } = options
  if (peers.nodes !== processes(world) || peers.rank !== world.rank) bug('the world is not that of the peers')
  const backend = backendOf(devices, world)
  const exchange = backend.kind === 'cpu' && peers.nodes > 1 ? await buildCollectives() : undefined
  const storeLibrary = backend.joinsProcesses ? await buildStoreClient() : undefined
  const located = await backend.locate(plugin, onProgress, onWarning)
  const library = PjrtLibrary.load(located.plugin)
  const kernels = backend.kind === 'cpu' ? await kernelsFor(library, options) : undefined
  const opened = await openClient({ library, backend, world, peers, storeLibrary })
  try {
    const given = { ...options, peers }
    const collectives = exchange === undefined ? undefined : await openCollectives(library, exchange, given)
    return new LoadedEngine(opened, backend, located, { kernels, collectives }, given)
  } catch (error) {
    opened.client.dispose()
    opened.store?.leave()
    throw error
  }
}

async function kernelsFor(
  library: PjrtLibrary,
  { native = true, onProgress }: XlaEngineOptions,
): Promise<FoundKernels> {
  if (!native) return { found: false, reason: 'this engine leaves them out' }
  return loadKernels(library, (event) => onProgress?.({ what: 'oneDNN', ...event }))
}

const plainCount = (devices: number) => (devices === 1 ? '1 device' : `${devices} devices`)

/** arcc's own functions that programs call. */
interface OwnFunctions {
  readonly kernels: FoundKernels | undefined
  /** Where the devices are in several processes on CPUs. */
  readonly collectives: Collectives | undefined
}

class LoadedEngine implements XlaEngine {
  readonly name = 'xla'
  readonly world: World
  readonly platform: DeviceKind
  readonly #client: PjrtClient
  readonly #opened: OpenedClient
  readonly #peers: Peers
  readonly #backend: Backend
  readonly #kernels: FoundKernels | undefined
  readonly #collectives: Collectives | undefined
  readonly #warn: (message: string) => void
  #saidWidening = false
  readonly #loader: ProgramLoader
  /** Runs start in the order they were requested: replicas that meet in a collective must not meet another run. */
  #lastStart: Promise<unknown> = Promise.resolve()
  readonly #runOrder: RunOrder = createRunOrder()

  constructor(
    opened: OpenedClient,
    backend: Backend,
    located: Located,
    { kernels, collectives }: OwnFunctions,
    options: XlaEngineOptions & { readonly peers: Peers },
  ) {
    this.#client = opened.client
    this.#opened = opened
    this.#peers = options.peers
    this.#backend = backend
    this.#kernels = kernels
    this.#collectives = collectives
    this.world = options.world
    this.#warn = options.onWarning ?? (() => {})
    this.platform = options.writeFor ?? backend.kind
    this.#loader = createLoader({
      client: opened.client,
      world: options.world,
      assignment: opened.assignment,
      platform: this.platform,
      native: this.#native,
      acrossProcesses: collectives !== undefined,
      located,
      deviceNames: this.#deviceNames(),
      cache: compileCacheEnabled() ? createCompileCache(this.#warn) : undefined,
      cacheAbove: options.cacheAbove ?? 100,
      everyoneHas: opened.store && sameInAll(options.peers, opened.store),
    })
  }

  /** What programs may call. */
  get #native(): NativeKernels | undefined {
    return this.#kernels?.found === true && this.platform === 'cpu' ? this.#kernels.kernels : undefined
  }

  get description(): string {
    const own = this.#backend.kind === 'cpu' ? plainCount(this.world.local) : this.#deviceNames()
    const { nodes } = this.#peers
    const devices = nodes === 1 ? own : `${own} in each of ${nodes} processes`
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
    return this.#loader.counts
  }

  get alive(): number {
    return this.#client.live.buffers.size
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { size } = this.world
    if (graph.replicas !== size) bug(`${graph.name} is for ${graph.replicas} replicas, not ${size}`)
    const donate = options.donate ?? new Map<number, number>()
    this.#sayWidening(graph)
    const { program, firstRun } = await this.#explained(this.#loader.load(graph, donate))
    this.#trim()
    const donated = new Set(donate.values())
    const order = this.#orderOf(graph)
    const start = (inputs: Lists) => {
      const own = this.#ownBuffers(inputs)
      return this.#inTurn(() => order({}, () => marked(firstRun, () => program.start(own, donated))))
    }
    return {
      start,
      run: async (inputs) => endedRun(await start(inputs)),
      keep: (state) => this.#keep({ program, firstRun }, state, graph, donate),
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
    // A run that waits for other processes would keep the client.
    this.#collectives?.stop()
    this.#client.dispose()
    this.#collectives?.close()
    this.#opened.store?.leave()
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

  #sayWidening(graph: Graph): void {
    const note = this.#kernels === undefined ? undefined : wideningNote(graph, this.#kernels)
    if (note !== undefined && !this.#saidWidening) this.#warn(note)
    this.#saidWidening ||= note !== undefined
  }

  #keep({ program, firstRun }: LoadedProgram, state: Lists, graph: Graph, donate: Donation): ResidentState {
    const own = this.#ownBuffers(state)
    const count = own[0]?.length ?? 0
    for (let i = 0; i < count; i++) if (donate.get(i) !== i) bug(`input ${i} does not become output ${i}`)
    const kept = keepState(program, own, graph.inputs.length)
    const order = this.#orderOf(graph)
    return {
      ...kept,
      start: (given) => {
        const beyond = this.#ownBuffers(given)
        return this.#inTurn(() => order(kept, () => marked(firstRun, () => kept.start(beyond))))
      },
    }
  }

  /** How runs of a graph start where other processes take part in them. */
  #orderOf(graph: Graph): RunOrder {
    return this.#collectives !== undefined && hasCollectives(graph) ? this.#runOrder : (_owner, start) => start()
  }

  async #inTurn(start: () => Promise<StartedRun>): Promise<StartedRun> {
    const started = this.#lastStart.then(start)
    this.#lastStart = started.catch(() => undefined)
    if (this.#peers.nodes === 1) return started
    const run = await this.#explained(started)
    return { ...run, end: () => this.#explained(run.end()) }
  }

  /** With several processes, an error that only follows from the end of another one is replaced by that. */
  async #explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (this.#peers.nodes === 1) throw error
      if (this.#collectives !== undefined) throw await this.#collectives.explain(error)
      throw await explainFailure(error, this.#peers, this.#opened.store)
    }
  }

  #ownBuffers(lists: Lists): PjrtBuffer[][] {
    if (lists.length !== this.world.local) bug(`inputs for ${lists.length} devices, not ${this.world.local}`)
    return lists.map((list) =>
      list.map((tensor) => (tensor instanceof PjrtBuffer ? tensor : bug('a tensor of another engine'))),
    )
  }
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
