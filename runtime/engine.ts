/**
 * What the runtime asks of an engine. `xla` compiles a graph through PJRT; `tfjs` interprets it. Both run one SPMD program on all
 * replicas of the world: every input and output exists once per replica. Lists by device hold this process's devices alone.
 */
import type { DType } from '../compiler/ir/dtype.ts'
import type { Graph } from '../compiler/ir/graph.ts'
import type { World } from './world.ts'

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

/** A tensor in one device's memory. Whoever holds it disposes it, unless a run was given it by donation. */
export interface DeviceTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Copies it to the host, once the run that makes it has ended. Throws after `dispose` or donation. */
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

/** A run that has been started. */
export interface StartedRun {
  /** `outputs[device][i]`, the caller's. The next run takes them before this one has ended; what that one is given is in order. */
  readonly outputs: DeviceTensor[][]
  /** Waits for the end on all devices; throws what it ended with. To be called once; the event loop is free meanwhile. */
  end(): Promise<void>
}

/**
 * State that stays on the devices from run to run of one program: its first inputs, donated to its first outputs in the same
 * order. Nobody is handed the tensors between two runs, which is what makes a step of a thousand of them cheap.
 */
export interface ResidentState {
  /**
   * Starts the next run with `inputs[device]` after the state; its `outputs` are those after the state. Runs may be started while
   * earlier ones are under way. Throws what keeps it from starting.
   */
  start(inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun>
  /** Gives the state of the last run that was started back as tensors, `[device][i]`, and ends. */
  release(): DeviceTensor[][]
  dispose(): void
}

/** A compiled graph. */
export interface Executable {
  /**
   * Starts one run on all devices. `inputs[device][i]` matches the graph's input i; donated inputs are consumed. Runs are carried
   * out in the order in which they were started.
   */
  start(inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun>
  /** Starts a run and waits for its end; the outputs, `[device][i]`. */
  run(inputs: readonly (readonly DeviceTensor[])[]): Promise<DeviceTensor[][]>
  /** Takes over `state[device][i]`, the inputs from 0 on, each of which is donated to the output of its number. */
  keep(state: readonly (readonly DeviceTensor[])[]): ResidentState
  /** Bytes by the engine's own account; `undefined` where it keeps none. */
  readonly memory: EngineMemory | undefined
  dispose(): void
}

/** The engine's own figures for one device, in bytes. */
export interface EngineMemory {
  readonly arguments: number
  readonly outputs: number
  readonly alias: number
  readonly temporaries: number
}

export const engineNames = ['xla', 'tfjs'] as const
export type EngineName = (typeof engineNames)[number]

export interface Engine {
  readonly name: EngineName
  /** What it runs on, for people: `XLA CPU (PJRT 0.115), 2 devices`. */
  readonly description: string
  readonly world: World
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>
  /** Copies a tensor to one of this process's devices. Its data must not change until this resolves. */
  upload(device: number, tensor: HostTensor): Promise<DeviceTensor>
  /** Copies `tensors[device]` to all of this process's devices at once; what was copied is freed where one is refused. */
  uploadAll(tensors: readonly (readonly HostTensor[])[]): Promise<DeviceTensor[][]>
  /** The most bytes that were in use on one device at one moment so far; left out, or `undefined`, where nobody counts. */
  deviceMemory?(): number | undefined
  /** Tensors, and states that are kept between runs, that nobody has disposed yet: 0 at the end of every test. */
  readonly alive: number
  dispose(): void
}
