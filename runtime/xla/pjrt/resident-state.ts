/**
 * State that stays on the devices while one program runs repeatedly. It is kept as bare handles in the program's argument lists:
 * the results of one run are written directly into the arguments of the next, and tensors that are not read are not wrapped.
 */
import { need } from '../../../grammar/diagnostic.ts'
import type { DeviceTensor, ResidentState, StartedRun } from '../../engine.ts'
import { destroyBuffers, PjrtBuffer } from './buffer.ts'
import { awaitEvents } from './event.ts'
import { adoptOutputs, type PjrtExecutable } from './executable.ts'

/** Operations that the engine serializes with other runs before exposing them. */
export interface KeptState extends ResidentState {
  start(inputs: readonly (readonly PjrtBuffer[])[]): Promise<StartedRun>
}

/**
 * Takes ownership of `state[device][i]`, the first of the program's `inputs` inputs, each donated to the output with its index.
 */
export function keepState(
  program: PjrtExecutable,
  state: readonly (readonly PjrtBuffer[])[],
  inputs: number,
): KeptState {
  const { client } = program
  const types = need(state[0], 'the state of a device').map(({ dtype, shape }) => ({ dtype, shape }))
  const count = types.length
  const call = program.call(state.length, inputs, new Set(types.keys()))
  /** The state's part of each device's argument list. */
  const handles = call.arguments.map((list) => list.subarray(0, count))
  for (const [device, own] of state.entries()) {
    own.forEach((buffer, i) => {
      need(handles[device], 'handles')[i] = buffer.donate()
    })
  }
  const live = { dispose }
  client.live.buffers.add(live)

  function dispose(): void {
    if (!client.live.buffers.delete(live)) return
    for (const own of handles) destroyBuffers(client, own)
  }

  return {
    async start(given) {
      for (const [device, own] of given.entries()) {
        const list = need(call.arguments[device], 'arguments')
        own.forEach((buffer, i) => {
          list[count + i] = buffer.pointer
        })
      }
      const events = await call.start()
      const outputs: DeviceTensor[][] = call.outputs.map((results, device) => {
        const own = need(handles[device], 'handles')
        destroyBuffers(client, own)
        own.set(results.subarray(0, count))
        return adoptOutputs(program, results, count)
      })
      return { outputs, end: () => awaitEvents(client.library, events) }
    },
    release() {
      client.live.buffers.delete(live)
      return handles.map((own) => types.map((type, i) => new PjrtBuffer(client, need(own[i], 'a handle'), type)))
    },
    dispose,
  }
}
