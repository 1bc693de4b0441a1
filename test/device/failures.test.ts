/** What the plugin refuses comes as a PjrtError of method and status; the event loop stays free while a program runs. */
import { expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { cpuBackend } from '../../runtime/backend/cpu.ts'
import { locatePlugin } from '../../runtime/plugins/fetch-plugin.ts'
import { PjrtClient } from '../../runtime/xla/pjrt/client.ts'
import { writeCompileOptions } from '../../runtime/xla/pjrt/compile-options.ts'
import { PjrtError } from '../../runtime/xla/pjrt/errors.ts'
import { PjrtExecutable } from '../../runtime/xla/pjrt/executable.ts'
import { PjrtLibrary } from '../../runtime/xla/pjrt/library.ts'
import { anError } from '../helpers/facts.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

async function failureOf(work: Promise<unknown>): Promise<PjrtError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PjrtError)) throw new Error(`a PjrtError was expected, not ${String(error)}`)
  return error
}

describeOnXla('failures', () => {
  it('a program that cannot be parsed names the method and the place', async () => {
    const client = await PjrtClient.create(PjrtLibrary.load(await locatePlugin()), 1, cpuBackend(1).createOptions)
    const text = 'module @m {\n  nonsense\n}\n'
    const failure = await failureOf(PjrtExecutable.compile(client, text, writeCompileOptions({ replicas: 1 }), []))
    expect(failure).toMatchObject({ code: 'ARC6010', method: 'PJRT_Client_Compile' })
    expect(failure.status).toMatch(/^[A-Z_]+$/)
    expect(failure.message).toContain('2:3')
    expect(failure.hint).toBeDefined()
    expect(client.live.executables.size).toBe(0)
    client.dispose()
  })

  it('an input of another shape is refused when the program runs', () =>
    withXla(1, async (engine) => {
      const b = new GraphBuilder('negate', 1)
      const x = b.input('x', { dtype: 'f32', shape: [4] })
      const executable = await engine.compile(b.finish([{ name: 'y', value: ops.negate(b, x) }]))
      const tensor = await engine.upload(0, { dtype: 'f32', shape: [2], data: new Float32Array(2) })
      const failure = await failureOf(executable.run([[tensor]]))
      expect(failure).toMatchObject({ method: 'PJRT_LoadedExecutable_Execute', status: 'INVALID_ARGUMENT' })
      expect((await tensor.read()).data).toEqual(new Float32Array(2))
      tensor.dispose()
      executable.dispose()
    }))

  it('a file that is no plugin', () => {
    expect(() => PjrtLibrary.load(new URL(import.meta.url).pathname)).toThrow(anError('ARC6005'))
  })

  it('timers fire while a program runs', () =>
    withXla(1, async (engine) => {
      const b = new GraphBuilder('busy', 1)
      const type = { dtype: 'f32', shape: [256, 256] } as const
      const x = b.input('x', type)
      const body = new GraphBuilder('body', 1)
      body.input('trip', { dtype: 'i32', shape: [] })
      const carried = body.input('x', type)
      const next = ops.multiply(body, ops.matmul(body, carried, carried), 0.001)
      const region = body.finish([{ name: 'x', value: next }])
      const y = b.add('for_loop', [x], { trips: 400, invariants: 0 }, [region])
      const executable = await engine.compile(b.finish([{ name: 'y', value: y }]))
      const tensor = await engine.upload(0, { ...type, data: new Float32Array(256 * 256).fill(0.01) })
      let ticks = 0
      const timer = setInterval(() => ticks++, 2)
      const start = performance.now()
      const results = await executable.run([[tensor]])
      const elapsed = performance.now() - start
      clearInterval(timer)
      expect(elapsed).toBeGreaterThan(20)
      expect(ticks).toBeGreaterThan(3)
      for (const own of [tensor, ...results.flat()]) own.dispose()
      executable.dispose()
    }))
})
