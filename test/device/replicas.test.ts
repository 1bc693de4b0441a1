/** Several virtual devices in one process: collectives, and what each replica sees. */
import { expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { cpuBackend } from '../../runtime/backend/cpu.ts'
import { locatePlugin } from '../../runtime/plugins/fetch-plugin.ts'
import { PjrtClient } from '../../runtime/xla/pjrt/client.ts'
import { writeCompileOptions } from '../../runtime/xla/pjrt/compile-options.ts'
import { PjrtLibrary } from '../../runtime/xla/pjrt/library.ts'
import { readPointers, struct } from '../../runtime/xla/pjrt/memory.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

describeOnXla('replicas', () => {
  it('are put on the devices that compile options name', async () => {
    const library = PjrtLibrary.load(await locatePlugin())
    const client = await PjrtClient.create(library, 4, cpuBackend(4).createOptions)
    expect(client.globalDevices()).toEqual([0, 1, 2, 3].map((id) => ({ id, process: 0 })))
    const [code, format] = [Buffer.from('module { func.func public @main() { return } }'), Buffer.from('mlir')]
    const options = writeCompileOptions({ replicas: 4, devices: [3, 1, 0, 2] })
    const compiled = await library.callAsync('PJRT_Client_Compile', {
      client: client.pointer,
      program: struct('PJRT_Program', { code, code_size: code.length, format, format_size: format.length }),
      compile_options: options,
      compile_options_size: options.length,
    })
    const executable = compiled.get('executable')
    const reply = library.call('PJRT_LoadedExecutable_AddressableDevices', { executable })
    const devices = readPointers(reply.get('addressable_devices'), reply.get('num_addressable_devices'))
    expect(devices.map((device) => client.devices.indexOf(device))).toEqual([3, 1, 0, 2])
    library.call('PJRT_LoadedExecutable_Destroy', { executable })
    client.dispose()
  })

  for (const replicas of [2, 8]) {
    it(`${replicas} devices reduce, gather, scatter and know who they are`, () =>
      withXla(replicas, async (engine) => {
        const b = new GraphBuilder('collectives', replicas)
        const x = b.input('x', { dtype: 'f32', shape: [replicas] })
        const graph = b.finish([
          { name: 'sum', value: b.add('all_reduce', [x], { reduction: 'sum' }) },
          { name: 'max', value: b.add('all_reduce', [x], { reduction: 'max' }) },
          { name: 'all', value: b.add('all_gather', [x], { dim: 0 }) },
          { name: 'part', value: b.add('reduce_scatter', [x], { dim: 0 }) },
          { name: 'id', value: ops.replicaId(b) },
        ])
        const executable = await engine.compile(graph)
        const value = (replica: number, i: number) => 10 * replica + i
        const ids = Array.from({ length: replicas }, (_, r) => r)
        const inputs = await Promise.all(
          ids.map(async (r) => [
            await engine.upload(r, {
              dtype: 'f32',
              shape: [replicas],
              data: Float32Array.from(ids, (i) => value(r, i)),
            }),
          ]),
        )
        // Two runs asked for at once: their collectives must not meet.
        const runs = await Promise.all([executable.run(inputs), executable.run(inputs)])
        const sum = (i: number) => ids.reduce((total, r) => total + value(r, i), 0)
        for (const results of runs) {
          for (const r of ids) {
            const read = await Promise.all((results[r] ?? []).map(async (tensor) => [...(await tensor.read()).data]))
            expect(read).toEqual([
              ids.map(sum),
              ids.map((i) => value(replicas - 1, i)),
              ids.flatMap((from) => ids.map((i) => value(from, i))),
              [sum(r)],
              [r],
            ])
          }
        }
        for (const tensor of [...inputs, ...runs.flat()].flat()) tensor.dispose()
        executable.dispose()
      }))
  }

  it('a graph for another number of replicas is refused', () =>
    withXla(2, async (engine) => {
      const b = new GraphBuilder('one', 1)
      const x = b.input('x', { dtype: 'f32', shape: [1] })
      await expect(engine.compile(b.finish([{ name: 'x', value: x }]))).rejects.toThrow('one is for 1 replicas, not 2')
    }))
})
