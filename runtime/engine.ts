/**
 * What the runtime asks of an engine. `xla` compiles a graph through PJRT; `tfjs` interprets it. Both run one SPMD program on
 * N replicas: every input and output exists once per replica.
 */
import type { DType } from '../compiler/ir/dtype.ts'
import type { Graph } from '../compiler/ir/graph.ts'

export type HostArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>

/**
 * A dense row-major tensor in host memory. `f16` and `bf16` travel as their bits in a Uint16Array, `pred` as 0 and 1 in a
 * Uint8Array.
 */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: HostArray
}

/** A tensor in one replica's memory. Whoever holds it disposes it, unless a run was given it by donation. */
export interface DeviceTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Copies it to the host. Throws after `dispose` or donation. */
  read(): Promise<HostTensor>
  /** Frees it; a second call does nothing. */
  dispose(): void
}

/** Where a graph's outputs may reuse its inputs' memory: output index → input index. */
export type Donation = ReadonlyMap<number, number>

export interface CompileOptions {
  /** Inputs that `run` consumes. They must not be used afterwards. */
  readonly donate?: Donation
}

/** A compiled graph. */
export interface Executable {
  /**
   * Runs one step on all replicas. `inputs[replica][i]` matches the graph's input i; donated inputs are consumed.
   * Resolves when the outputs exist; the event loop is free meanwhile.
   */
  run(inputs: readonly (readonly DeviceTensor[])[]): Promise<DeviceTensor[][]>
  /** Bytes by the engine's own account; `undefined` where it keeps none. */
  readonly memory: EngineMemory | undefined
  dispose(): void
}

/** The engine's own figures for one replica, in bytes. */
export interface EngineMemory {
  readonly arguments: number
  readonly outputs: number
  readonly alias: number
  readonly temporaries: number
}

export interface Engine {
  readonly name: 'xla' | 'tfjs'
  /** What it runs on, for people: `XLA CPU (PJRT 0.115), 2 devices`. */
  readonly description: string
  readonly replicas: number
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>
  upload(replica: number, tensor: HostTensor): Promise<DeviceTensor>
  /** The most bytes that were in use on one device at one moment so far; left out, or `undefined`, where nobody counts. */
  deviceMemory?(): number | undefined
  /** Device tensors that nobody has disposed yet: 0 at the end of every test. */
  readonly alive: number
  dispose(): void
}
