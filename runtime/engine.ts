/**
 * The interface of an engine. `xla` compiles a graph through PJRT; `tfjs` interprets it. Both run one SPMD program on all
 * replicas of the world: every input and output exists once per replica. Lists by device contain only this process's devices.
 */
import type { DType } from '../compiler/ir/dtype.ts'
import type { Donation, Graph } from '../compiler/ir/graph.ts'
import type { EngineName } from './engine-name.ts'
import type { World } from './world.ts'

export type HostArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array
  | Int8Array<ArrayBuffer>

/**
 * A dense row-major tensor in host memory. `f16` and `bf16` are stored as bits in a Uint16Array, `pred` as 0 and 1 in a
 * Uint8Array.
 */
export interface HostTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: HostArray
}

/** A tensor in one device's memory. Its owner disposes it, unless it was donated to a run. */
export interface DeviceTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Copies it to the host, after the run that computes it has ended. Throws after `dispose` or donation. */
  read(): Promise<HostTensor>
  /** Frees it; a second call does nothing. */
  dispose(): void
}

export interface CompileOptions {
  /** Inputs that `run` consumes. They must not be used afterwards. */
  readonly donate?: Donation
}

/** A run that has been started. */
export interface StartedRun {
  /** `outputs[device][i]`, owned by the caller. They can be passed to the next run before this one has ended. */
  readonly outputs: DeviceTensor[][]
  /** Waits until all devices have finished; throws the run's error. Call it once; it does not block the event loop. */
  end(): Promise<void>
}

/**
 * State that stays on the devices between runs of one program: its first inputs, donated to its first outputs in the same order.
 * The tensors are not exposed between runs, which keeps the cost of a step with a thousand of them low.
 */
export interface ResidentState {
  /**
   * Starts the next run with `inputs[device]` after the state; its `outputs` are those after the state. Runs may be started while
   * earlier ones are in progress. Throws if it cannot start.
   */
  start(inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun>
  /** Returns the state of the last started run as tensors, `[device][i]`, and ends. */
  release(): DeviceTensor[][]
  dispose(): void
}

/** A compiled graph. */
export interface Executable {
  /**
   * Starts one run on all devices. `inputs[device][i]` matches the graph's input i; donated inputs are consumed. Runs are
   * executed in the order they were started.
   */
  start(inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun>
  /** Starts a run and waits for its end; the outputs, `[device][i]`. */
  run(inputs: readonly (readonly DeviceTensor[])[]): Promise<DeviceTensor[][]>
  /** Takes ownership of `state[device][i]`, the inputs from 0 on, each donated to the output with its index. */
  keep(state: readonly (readonly DeviceTensor[])[]): ResidentState
  /** Bytes as counted by the engine; `undefined` if it does not count. */
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

/** Bytes that a program has allocated on one device while it runs. An output in the memory of an argument counts once. */
export function programBytes({ arguments: inputs, outputs, alias, temporaries }: EngineMemory): number {
  return inputs + outputs - alias + temporaries
}

export interface Engine {
  readonly name: EngineName
  /** What it runs on, for display: `XLA CPU (PJRT 0.115), 2 devices`. */
  readonly description: string
  readonly world: World
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>
  /** Copies a tensor to one of this process's devices. Its data must not change until this resolves. */
  upload(device: number, tensor: HostTensor): Promise<DeviceTensor>
  /**
   * Copies `tensors[device]` to all of this process's devices concurrently; if one is refused, the copies already made are freed.
   */
  uploadAll(tensors: readonly (readonly HostTensor[])[]): Promise<DeviceTensor[][]>
  /** The maximum number of bytes in use on one device so far; missing or `undefined` if not counted. */
  deviceMemory?(): number | undefined
  /** Tensors, and states kept between runs, that have not been disposed: 0 at the end of every test. */
  readonly alive: number
  dispose(): void
}
