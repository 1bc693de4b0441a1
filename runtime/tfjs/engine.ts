/**
 * The engine `tfjs`: interprets the graph op by op with TensorFlow.js, all replicas in this process. It is the second opinion that
 * the engine `xla` is checked against, and what runs where there is no XLA plugin. It keeps no account of memory.
 */
import { sameShape, showType, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { CompileOptions, DeviceTensor, Engine, Executable, HostTensor } from '../engine.ts'
import { type BackendChoice, loadBackend } from './backend.ts'
import { tfjsError } from './errors.ts'
import { interpret } from './interpret.ts'
import { checkSupported } from './schedule.ts'
import { fromHost, toHost } from './transfer.ts'
import { type RuleContext, type RuntimeValue, release, share } from './value.ts'

export interface TfjsOptions {
  readonly replicas: number
  /** `auto` where nothing is said. */
  readonly backend?: BackendChoice
  /** See `RuleContext.ownLoops`; what suits the backend where nothing is said. */
  readonly ownLoops?: boolean
}

/** Throws ARC6020 where the backend that was asked for cannot be loaded. */
export async function createTfjsEngine({ replicas, backend = 'auto', ownLoops }: TfjsOptions): Promise<Engine> {
  const { tf, choice, description } = await loadBackend(backend)
  return new TfjsEngine({ tf, ownLoops: ownLoops ?? choice === 'cpu' }, replicas, description)
}

class TfjsEngine implements Engine {
  readonly name = 'tfjs'
  readonly description: string
  readonly replicas: number
  readonly #cx: RuleContext
  readonly #alive = new Set<TfjsTensor>()

  constructor(cx: RuleContext, replicas: number, description: string) {
    this.#cx = cx
    this.replicas = replicas
    this.description = replicas === 1 ? description : `${description}, ${replicas} replicas in turn`
  }

  /** Throws ARC6021 where the graph holds an f64. */
  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    if (graph.replicas !== this.replicas) {
      bug(`graph ${graph.name} is for ${graph.replicas} replicas, the engine has ${this.replicas}`)
    }
    checkSupported(graph)
    const donated = new Set(options.donate?.values())
    return {
      memory: undefined,
      run: (inputs) => this.#run(graph, donated, inputs),
      dispose: () => undefined,
    }
  }

  /** Throws ARC6021 for an f64. */
  async upload(replica: number, tensor: HostTensor): Promise<DeviceTensor> {
    if (replica < 0 || replica >= this.replicas) bug(`replica ${replica} of ${this.replicas}`)
    if (tensor.dtype === 'f64') throw tfjsError('ARC6021', { graph: 'upload', value: showType(tensor) })
    return this.#adopt(replica, fromHost(this.#cx, tensor))
  }

  get alive(): number {
    return this.#alive.size
  }

  dispose(): void {
    for (const tensor of [...this.#alive]) tensor.dispose()
  }

  async #run(
    graph: Graph,
    donated: ReadonlySet<number>,
    inputs: readonly (readonly DeviceTensor[])[],
  ): Promise<DeviceTensor[][]> {
    if (inputs.length !== this.replicas) bug(`inputs of ${inputs.length} replicas where ${this.replicas} are`)
    const own = inputs.map((tensors, replica) => this.#checkInputs(graph, tensors, replica))
    const values = own.map((tensors) => tensors.map((tensor) => share(tensor.value)))
    // Only now, since one tensor may be given twice.
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
    if (!(tensor instanceof TfjsTensor)) return bug(`${what} is no tensor of the engine tfjs`)
    if (!this.#alive.has(tensor)) return bug(`${what} was disposed or donated, or belongs to another engine`)
    if (tensor.replica !== replica) return bug(`${what} lies on replica ${tensor.replica} where ${replica} wants it`)
    if (tensor.dtype === type.dtype && sameShape(tensor.shape, type.shape)) return tensor
    return bug(`${what} is ${showType(tensor)} where ${showType(type)} is declared`)
  }

  #adopt(replica: number, value: RuntimeValue): TfjsTensor {
    const tensor = new TfjsTensor(replica, value, () => this.#alive.delete(tensor))
    this.#alive.add(tensor)
    return tensor
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
