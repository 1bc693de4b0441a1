/** State that stays with its program from run to run, on both engines; runs that are started before the one before has ended. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, HostTensor } from '../../runtime/engine.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const devices = 2
const donate = new Map([
  [0, 0],
  [1, 1],
])

/** sum' = sum + x over all devices, count' = count + 1; beyond the state the new sum of all its elements. */
function accumulator(): Graph {
  const b = new GraphBuilder('accumulate', devices)
  const sum = b.input('sum', { dtype: 'f32', shape: [2] })
  const count = b.input('count', { dtype: 'i32', shape: [] })
  const x = b.input('x', { dtype: 'f32', shape: [2] })
  const [everywhere] = ops.sumOverReplicas(b, [x])
  const next = ops.add(b, sum, need(everywhere, 'a sum'))
  return b.finish([
    { name: 'sum', value: next },
    { name: 'count', value: ops.add(b, count, 1) },
    { name: 'total', value: ops.sumAll(b, next) },
  ])
}

const pair = (a: number, b: number): HostTensor => ({ dtype: 'f32', shape: [2], data: Float32Array.of(a, b) })
const everywhere = <T>(make: (device: number) => T): T[] => Array.from({ length: devices }, (_, device) => make(device))

async function numbers(tensor: DeviceTensor | undefined): Promise<number[]> {
  return Array.from((await need(tensor, 'a tensor').read()).data)
}

function suite(withEngine: (body: (engine: Engine) => Promise<void>) => Promise<void>) {
  const opened = async (engine: Engine) => {
    const executable = await engine.compile(accumulator(), { donate })
    const count: HostTensor = { dtype: 'i32', shape: [], data: Int32Array.of(0) }
    const state = await engine.uploadAll(everywhere((device) => [pair(device, 10), count]))
    const given = await engine.uploadAll(everywhere((device) => [pair(1, device)]))
    return { executable, state, given }
  }

  it('runs started one after the other build on each other, and the state comes back', () =>
    withEngine(async (engine) => {
      const { executable, state, given } = await opened(engine)
      const resident = executable.keep(state)
      const runs = []
      for (let i = 0; i < 5; i++) runs.push(await resident.start(given))
      for (const [i, run] of runs.entries()) {
        await run.end()
        // Device 1 began with [1, 10]; each run adds [1 + 1, 0 + 1].
        expect(await numbers(run.outputs[1]?.[0])).toEqual([11 + 3 * (i + 1)])
        for (const tensor of run.outputs.flat()) tensor.dispose()
      }
      const after = resident.release()
      expect(await numbers(after[0]?.[0])).toEqual([10, 15])
      expect(await numbers(after[1]?.[0])).toEqual([11, 15])
      expect(await numbers(after[1]?.[1])).toEqual([5])

      const again = executable.keep(after)
      const last = await again.start(given)
      again.dispose()
      await last.end()
      expect(await numbers(last.outputs[0]?.[0])).toEqual([28])
      for (const tensor of [...last.outputs, ...given].flat()) tensor.dispose()
      executable.dispose()
    }))

  it('outputs may be given to the next run before they are there', () =>
    withEngine(async (engine) => {
      const { executable, state, given } = await opened(engine)
      const first = await executable.start(state.map((own, device) => [...own, ...need(given[device], 'inputs')]))
      const moved = first.outputs.map((own) => own.slice(0, 2))
      const second = await executable.start(moved.map((own, device) => [...own, ...need(given[device], 'inputs')]))
      await first.end()
      await second.end()
      expect(await numbers(second.outputs[0]?.[0])).toEqual([4, 12])
      for (const tensor of [...first.outputs, ...second.outputs, ...given].flat()) tensor.dispose()
      executable.dispose()
    }))

  it('a run that is refused leaves the state as it was', () =>
    withEngine(async (engine) => {
      const { executable, state, given } = await opened(engine)
      const resident = executable.keep(state)
      const wrong = await engine.uploadAll(everywhere(() => [{ dtype: 'f32', shape: [3], data: new Float32Array(3) }]))
      await expect(resident.start(wrong)).rejects.toThrow()
      const run = await resident.start(given)
      await run.end()
      expect(await numbers(run.outputs[0]?.[0])).toEqual([13])
      resident.dispose()
      resident.dispose()
      for (const tensor of [...run.outputs, ...given, ...wrong].flat()) tensor.dispose()
      executable.dispose()
    }))

  it('an upload that is refused frees the others', () =>
    withEngine(async (engine) => {
      await expect(engine.uploadAll([[pair(1, 2), { ...pair(3, 4), shape: [3] }], [pair(5, 6)]])).rejects.toThrow()
    }))
}

describeOnXla('on xla', () => suite((body) => withXla(devices, body)))

describe('on tfjs', () =>
  suite(async (body) => {
    const engine = await createTfjsEngine({ world: oneProcess(devices), backend: 'cpu' })
    await body(engine)
    expect(engine.alive).toBe(0)
    engine.dispose()
  }))
