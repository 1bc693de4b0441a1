/** Compiled programs: compiling, loading, running, and what they say of their memory. */

import koffi from 'koffi'
import type { TensorType } from '../../../compiler/ir/dtype.ts'
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { EngineMemory } from '../../engine.ts'
import { PjrtBuffer } from './buffer.ts'
import type { PjrtClient } from './client.ts'
import { awaitEvents } from './event.ts'
import { copyBytes, pointerArray, readPointers, struct } from './memory.ts'

const deleterType = koffi.proto('void PjrtDeleter(void* owner)')

/** A program that has been started. */
export interface StartedRun {
  /** Waits for the end; `outputs[replica][i]` belong to the caller. Throws what the program ended with. Call it once. */
  outputs(): Promise<PjrtBuffer[][]>
}

export class PjrtExecutable {
  readonly client: PjrtClient
  readonly #loaded: bigint
  readonly #outputs: readonly TensorType[]
  #disposed = false

  private constructor(client: PjrtClient, loaded: bigint, outputs: readonly TensorType[]) {
    this.client = client
    this.#loaded = loaded
    this.#outputs = outputs
    client.live.executables.add(this)
  }

  /** Compiles StableHLO text; `outputs` are the types that it returns. The event loop stays free meanwhile. */
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

  /** Loads what `serialize` gave. Throws a PjrtError where it comes from another plugin. */
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

  /** The program as bytes that `deserialize` takes, on a computer like this one and with this plugin. */
  serialize(): Buffer {
    const { library } = this.client
    return this.#withExecutable((executable) => {
      const reply = library.call('PJRT_Executable_Serialize', { executable })
      const bytes = copyBytes(reply.get('serialized_bytes'), reply.get('serialized_bytes_size'))
      koffi.call(reply.get('serialized_executable_deleter'), deleterType, reply.get('serialized_executable'))
      return bytes
    })
  }

  /** XLA's own figures for one replica; `undefined` where the platform has none. */
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

  /**
   * Starts the program on all replicas; `inputs[replica][i]`. Those whose index is in `donated` are consumed. Resolves once it has
   * started, and then gives what waits for its end.
   */
  async start(inputs: readonly (readonly PjrtBuffer[])[], donated: ReadonlySet<number>): Promise<StartedRun> {
    if (this.#disposed) bug('an executable was used after it was disposed')
    const { library } = this.client
    const replicas = inputs.length
    const argumentLists = inputs.map((list) => pointerArray(list.map((buffer) => buffer.pointer)))
    const outputLists = inputs.map(() => pointerArray(this.#outputs.map(() => 0n)))
    const events = pointerArray(inputs.map(() => 0n))
    const kept = (inputs[0] ?? []).flatMap((_, i) => (donated.has(i) ? [] : [BigInt(i)]))
    await library.callAsync('PJRT_LoadedExecutable_Execute', {
      executable: this.#loaded,
      options: struct('PJRT_ExecuteOptions', {
        non_donatable_input_indices: BigInt64Array.from(kept),
        num_non_donatable_input_indices: kept.length,
      }),
      argument_lists: pointerArray(argumentLists),
      num_devices: replicas,
      num_args: inputs[0]?.length ?? 0,
      output_lists: pointerArray(outputLists),
      device_complete_events: events,
    })
    for (const list of inputs) for (const i of donated) need(list[i], 'a donated input').donated()
    const outputs = outputLists.map((list) =>
      readPointers(list, this.#outputs.length).map(
        (pointer, i) => new PjrtBuffer(this.client, pointer, need(this.#outputs[i], 'an output type')),
      ),
    )
    return {
      outputs: async () => {
        try {
          await awaitEvents(library, readPointers(events, replicas))
        } catch (error) {
          for (const list of outputs) for (const buffer of list) buffer.dispose()
          throw error
        }
        return outputs
      },
    }
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
