/** Compiled programs: compiling, loading, running, and their memory statistics. */

import koffi from 'koffi'
import type { TensorType } from '../../../compiler/ir/dtype.ts'
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { EngineMemory, StartedRun } from '../../engine.ts'
import { destroyBuffers, PjrtBuffer } from './buffer.ts'
import type { PjrtClient } from './client.ts'
import { awaitEvents } from './event.ts'
import { copyBytes, struct } from './memory.ts'
import { type ProgramCall, programCall } from './program-call.ts'

const deleterType = koffi.proto('void PjrtDeleter(void* owner)')

export class PjrtExecutable {
  readonly client: PjrtClient
  /** The types that it returns. */
  readonly outputs: readonly TensorType[]
  readonly #loaded: bigint
  #disposed = false

  private constructor(client: PjrtClient, loaded: bigint, outputs: readonly TensorType[]) {
    this.client = client
    this.#loaded = loaded
    this.outputs = outputs
    client.live.executables.add(this)
  }

  /** Compiles StableHLO text; `outputs` are the types that it returns. Does not block the event loop. */
  static async compile(
    client: PjrtClient,
    stablehlo: string,
    options: Buffer,
    outputs: readonly TensorType[],
  ): Promise<PjrtExecutable> {
    const code = Buffer.from(stablehlo, 'utf8')
    const format = Buffer.from('mlir')
    const reply = await client.library.callAsync('PJRT_Client_Compile', {
      client: client.pointer,
      program: struct('PJRT_Program', { code, code_size: code.length, format, format_size: format.length }),
      compile_options: options,
      compile_options_size: options.length,
    })
    return new PjrtExecutable(client, reply.get('executable'), outputs)
  }

  /** Loads the result of `serialize`. Throws a PjrtError if it comes from another plugin. */
  static async deserialize(
    client: PjrtClient,
    serialized: Buffer,
    outputs: readonly TensorType[],
  ): Promise<PjrtExecutable> {
    const reply = await client.library.callAsync('PJRT_Executable_DeserializeAndLoad', {
      client: client.pointer,
      serialized_executable: serialized,
      serialized_executable_size: serialized.length,
    })
    return new PjrtExecutable(client, reply.get('loaded_executable'), outputs)
  }

  /** The program as bytes for `deserialize`, on a computer of the same kind and with this plugin. */
  serialize(): Buffer {
    const { library } = this.client
    return this.#withExecutable((executable) => {
      const reply = library.call('PJRT_Executable_Serialize', { executable })
      const bytes = copyBytes(reply.get('serialized_bytes'), reply.get('serialized_bytes_size'))
      koffi.call(reply.get('serialized_executable_deleter'), deleterType, reply.get('serialized_executable'))
      return bytes
    })
  }

  /** XLA's own figures for one replica; `undefined` if the platform has none. */
  memory(): EngineMemory | undefined {
    const { library } = this.client
    if (!library.has('PJRT_Executable_GetCompiledMemoryStats')) return undefined
    return this.#withExecutable((executable) => {
      const reply = library.call('PJRT_Executable_GetCompiledMemoryStats', { executable })
      return {
        arguments: reply.get('argument_size_in_bytes'),
        outputs: reply.get('output_size_in_bytes'),
        alias: reply.get('alias_size_in_bytes'),
        temporaries: reply.get('temp_size_in_bytes'),
      }
    })
  }

  /** Arguments and results of calls for this number of devices and inputs; inputs in `donated` are consumed. */
  call(devices: number, inputs: number, donated: ReadonlySet<number>): ProgramCall {
    if (this.#disposed) bug('an executable was used after it was disposed')
    return programCall(this.client, this.#loaded, { devices, inputs, outputs: this.outputs.length, donated })
  }

  /** Starts the program on all devices; `inputs[device][i]`. Inputs whose index is in `donated` are consumed. */
  async start(inputs: readonly (readonly PjrtBuffer[])[], donated: ReadonlySet<number>): Promise<StartedRun> {
    const call = this.call(inputs.length, inputs[0]?.length ?? 0, donated)
    for (const [device, list] of inputs.entries()) {
      list.forEach((buffer, i) => {
        need(call.arguments[device], 'arguments')[i] = buffer.pointer
      })
    }
    const events = await call.start()
    for (const list of inputs) {
      const consumed = Array.from(donated, (i) => need(list[i], 'a donated input').donate())
      destroyBuffers(this.client, BigUint64Array.from(consumed))
    }
    const outputs = call.outputs.map((handles) => adoptOutputs(this, handles, 0))
    return { outputs, end: () => awaitEvents(this.client.library, events) }
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.client.live.executables.delete(this)
    this.client.library.call('PJRT_LoadedExecutable_Destroy', { executable: this.#loaded })
  }

  #withExecutable<T>(body: (executable: bigint) => T): T {
    const { library } = this.client
    const reply = library.call('PJRT_LoadedExecutable_GetExecutable', { loaded_executable: this.#loaded })
    const executable = reply.get('executable')
    try {
      return body(executable)
    } finally {
      library.call('PJRT_Executable_Destroy', { executable })
    }
  }
}

/** A device's results from index `first` on, as tensors. */
export function adoptOutputs(
  { client, outputs }: PjrtExecutable,
  handles: BigUint64Array,
  first: number,
): PjrtBuffer[] {
  return outputs.slice(first).map((type, i) => new PjrtBuffer(client, need(handles[first + i], 'a result'), type))
}
