/**
 * The engine `tfjs`: interprets the graph op by op with TensorFlow.js, with all replicas in this process. It is an independent
 * reference for the engine `xla`, and the fallback if there is no XLA plugin. It does not track memory.
 */
import { sameShape, showType, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { CompileOptions, DeviceTensor, Engine, Executable, HostTensor, ResidentState } from '../engine.ts'
import type { World } from '../world.ts'
import { type BackendChoice, loadBackend } from './backend.ts'
import { tfjsError } from './errors.ts'
import { interpret } from './interpret.ts'
import { checkSupported } from './schedule.ts'
import { fromHost, toHost } from './transfer.ts'
import { type RuleContext, type RuntimeValue, release, share } from './value.ts'

export interface TfjsOptions {
  /** All replicas are computed in this process. */
  readonly world: World
  /** Defaults to `auto`. */
  readonly backend?: BackendChoice
  /** See `RuleContext.ownLoops`; the default depends on the backend. */
  readonly ownLoops?: boolean
}

/** Throws the errors of `loadBackend` if the requested backend cannot be loaded. */
export async function createTfjsEngine({ world, backend = 'auto', ownLoops }: TfjsOptions): Promise<Engine> {
  const { tf, choice, description } = await loadBackend(backend)
  return new TfjsEngine({ tf, ownLoops: ownLoops ?? choice === 'cpu' }, world, description)
}

class TfjsEngine implements Engine {
  readonly name = 'tfjs'
  readonly description: string
  readonly world: World
  readonly #cx: RuleContext
  readonly #alive = new Set<TfjsTensor>()

  constructor(cx: RuleContext, world: World, description: string) {
    this.#cx = cx
    this.world = world
    this.description = world.size === 1 ? description : `${description}, ${world.size} replicas in turn`
  }

  /** Throws ARC6021 if the graph contains an f64. */
  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { size } = this.world
    if (graph.replicas !== size) bug(`graph ${graph.name} is for ${graph.replicas} replicas, the engine has ${size}`)
    checkSupported(graph)
    const donated = new Set(options.donate?.values())
    const run = (inputs: Lists) => this.#run(graph, donated, inputs)
    // It computes on the waiting thread, so a run has ended once it has started.
    const start = async (inputs: Lists) => ({ outputs: await run(inputs), end: async () => undefined })
    return {
      memory: undefined,
      start,
      run,
      keep: (state) => keepState(run, state),
      dispose: () => undefined,
    }
  }

  /** Throws ARC6021 for an f64. */
  async upload(replica: number, tensor: HostTensor): Promise<DeviceTensor> {
    if (replica < 0 || replica >= this.world.size) bug(`replica ${replica} of ${this.world.size}`)
    if (tensor.dtype === 'f64') throw tfjsError('ARC6021', { graph: 'upload', value: showType(tensor) })
    return this.#adopt(replica, fromHost(this.#cx, tensor))
  }

  async uploadAll(tensors: readonly (readonly HostTensor[])[]): Promise<DeviceTensor[][]> {
    const uploaded = tensors.map((): DeviceTensor[] => [])
    try {
      for (const [replica, own] of tensors.entries())
        for (const tensor of own) uploaded[replica]?.push(await this.upload(replica, tensor))
      return uploaded
    } catch (error) {
      for (const tensor of uploaded.flat()) tensor.dispose()
      throw error
    }
  }

  get alive(): number {
    return this.#alive.size
  }

  dispose(): void {
    for (const tensor of [...this.#alive]) tensor.dispose()
  }

  async #run(graph: Graph, donated: ReadonlySet<number>, inputs: Lists): Promise<DeviceTensor[][]> {
    const { size } = this.world
    if (inputs.length !== size) bug(`inputs for ${inputs.length} replicas, not ${size}`)
    const own = inputs.map((tensors, replica) => this.#checkInputs(graph, tensors, replica))
    const values = own.map((tensors) => tensors.map((tensor) => share(tensor.value)))
    // Only now, since one tensor may be passed twice.
    for (const tensors of own) for (const index of donated) tensors[index]?.dispose()
    const outputs = await interpret(this.#cx, graph, values)
    return outputs.map((results, replica) => results.map((value) => this.#adopt(replica, value)))
  }

  #checkInputs(graph: Graph, tensors: readonly DeviceTensor[], replica: number): readonly TfjsTensor[] {
    if (tensors.length !== graph.inputs.length) {
      bug(`${tensors.length} inputs where graph ${graph.name} has ${graph.inputs.length}`)
    }
    return graph.inputs.map(({ type }, i) => this.#checkInput(graph, type, tensors[i], replica, i))
  }

  #checkInput(
    graph: Graph,
    type: TensorType,
    tensor: DeviceTensor | undefined,
    replica: number,
    index: number,
  ): TfjsTensor {
    const what = `input ${index} of graph ${graph.name}`
    if (!(tensor instanceof TfjsTensor)) return bug(`${what} is not a tensor of the engine tfjs`)
    if (!this.#alive.has(tensor)) return bug(`${what} was disposed or donated, or belongs to another engine`)
    if (tensor.replica !== replica) return bug(`${what} is on replica ${tensor.replica}, not on ${replica}`)
    if (tensor.dtype === type.dtype && sameShape(tensor.shape, type.shape)) return tensor
    return bug(`${what} is ${showType(tensor)}, but ${showType(type)} is declared`)
  }

  #adopt(replica: number, value: RuntimeValue): TfjsTensor {
    const tensor = new TfjsTensor(replica, value, () => this.#alive.delete(tensor))
    this.#alive.add(tensor)
    return tensor
  }
}

/** `[replica][i]` */
type Lists = readonly (readonly DeviceTensor[])[]

/** No gain here: the state consists of ordinary tensors. */
function keepState(run: (inputs: Lists) => Promise<DeviceTensor[][]>, state: Lists): ResidentState {
  let tensors = state.map((own) => [...own])
  const count = tensors[0]?.length ?? 0
  return {
    async start(inputs) {
      const outputs = await run(tensors.map((own, replica) => [...own, ...(inputs[replica] ?? [])]))
      tensors = outputs.map((own) => own.slice(0, count))
      return { outputs: outputs.map((own) => own.slice(count)), end: async () => undefined }
    },
    release: () => tensors,
    dispose() {
      for (const own of tensors) for (const tensor of own) tensor.dispose()
    },
  }
}

/** A value that the runtime holds. */
class TfjsTensor implements DeviceTensor {
  readonly dtype: DeviceTensor['dtype']
  readonly shape: readonly number[]
  readonly replica: number
  #value: RuntimeValue | undefined
  readonly #forget: () => void

  constructor(replica: number, value: RuntimeValue, forget: () => void) {
    this.dtype = value.dtype
    this.shape = value.shape
    this.replica = replica
    this.#value = value
    this.#forget = forget
  }

  get value(): RuntimeValue {
    return this.#value ?? bug(`${showType(this)} is used after it was disposed or donated`)
  }

  async read(): Promise<HostTensor> {
    return toHost(this.value)
  }

  dispose(): void {
    if (this.#value === undefined) return
    release(this.#value)
    this.#value = undefined
    this.#forget()
  }
}
