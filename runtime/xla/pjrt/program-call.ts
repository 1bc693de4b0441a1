/**
 * The arguments and results of `PJRT_LoadedExecutable_Execute`, in memory that is reused and patched between calls: a step of a
 * large network has a thousand arguments, and nearly all of them are results of the previous step.
 */
import type { PjrtClient } from './client.ts'
import { type Memory, pointerArray, readPointers, struct } from './memory.ts'

export interface ProgramCall {
  /** `arguments[device][i]`, `PJRT_Buffer*`: set them before `start`. */
  readonly arguments: readonly BigUint64Array[]
  /** `outputs[device][i]`, `PJRT_Buffer*`: available once `start` has resolved, and owned by the caller. */
  readonly outputs: readonly BigUint64Array[]
  /** Starts the program on all devices; returns an event per device that signals its end. Throws a PjrtError. */
  start(): Promise<readonly bigint[]>
}

export interface ProgramShape {
  readonly devices: number
  readonly inputs: number
  readonly outputs: number
  /** Inputs that the program consumes. */
  readonly donated: ReadonlySet<number>
}

/** Calls of a loaded program, `PJRT_LoadedExecutable*`. A call may start once the previous `start` has resolved. */
export function programCall({ library }: PjrtClient, executable: bigint, shape: ProgramShape): ProgramCall {
  const { devices, inputs, outputs, donated } = shape
  // An array without elements would have no address.
  const lists = (length: number) => Array.from({ length: devices }, () => new BigUint64Array(Math.max(1, length)))
  const [argumentLists, outputLists] = [lists(inputs), lists(outputs)]
  const events: Memory = pointerArray(Array.from({ length: devices }, () => 0n))
  const kept = BigInt64Array.from(
    Array.from({ length: inputs }, (_, i) => i).filter((i) => !donated.has(i)),
    BigInt,
  )
  const fields = {
    executable,
    options: struct('PJRT_ExecuteOptions', {
      non_donatable_input_indices: kept,
      num_non_donatable_input_indices: kept.length,
    }),
    argument_lists: pointerArray(argumentLists),
    num_devices: devices,
    num_args: inputs,
    output_lists: pointerArray(outputLists),
    device_complete_events: events,
  }
  return {
    arguments: argumentLists,
    outputs: outputLists,
    async start() {
      await library.callAsync('PJRT_LoadedExecutable_Execute', fields)
      return readPointers(events, devices)
    },
  }
}
