/** Tensors on devices: every element type comes back bit for bit; ownership; donation. */
import { expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { DType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import type { DeviceTensor, HostArray, HostTensor } from '../../runtime/engine.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const samples: { readonly [D in DType]: HostArray } = {
  f64: Float64Array.of(Math.PI, -0, Infinity, 5e-324, 1, 2),
  f32: Float32Array.of(Math.fround(0.1), -0, -Infinity, 1.5, 3.4e38, 2),
  f16: Uint16Array.of(0x3c00, 0x8000, 0x7c00, 0x0001, 0x7bff, 0x1234),
  bf16: Uint16Array.of(0x3f80, 0x8000, 0x7f80, 0x0001, 0x7f7f, 0x1234),
  i32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, -1, 7, 8),
  u32: Uint32Array.of(2 ** 32 - 1, 0, 1, 2 ** 31, 7, 8),
  u8: Uint8Array.of(0, 255, 128, 1, 2, 3),
  i8: Int8Array.of(-128, 127, 0, -1, 2, 3),
  pred: Uint8Array.of(1, 0, 0, 1, 1, 1),
}

function sample(dtype: DType, shape: readonly number[] = [2, 3]): HostTensor {
  return { dtype, shape, data: samples[dtype] }
}

/** total' = total + x, with total donated. */
function accumulator(): Graph {
  const b = new GraphBuilder('accumulate', 1)
  const total = b.input('total', { dtype: 'f32', shape: [2, 3] })
  const x = b.input('x', { dtype: 'f32', shape: [2, 3] })
  return b.finish([{ name: 'total', value: ops.add(b, total, x) }])
}

function first(results: DeviceTensor[][]): DeviceTensor {
  const tensor = results[0]?.[0]
  if (tensor === undefined) throw new Error('no result')
  return tensor
}

describeOnXla('tensors', () => {
  for (const dtype of Object.keys(samples) as DType[]) {
    it(`${dtype} goes to a device and through a program unchanged`, () =>
      withXla(1, async (engine) => {
        const b = new GraphBuilder('turn', 1)
        const x = b.input('x', { dtype, shape: [2, 3] })
        const executable = await engine.compile(b.finish([{ name: 'y', value: ops.transpose(b, x, [1, 0]) }]))
        const tensor = await engine.upload(0, sample(dtype))
        expect(await tensor.read()).toEqual(sample(dtype))
        const turned = first(await executable.run([[tensor]]))
        const { data, shape } = await turned.read()
        expect(shape).toEqual([3, 2])
        expect([...data]).toEqual([0, 3, 1, 4, 2, 5].map((i) => samples[dtype][i]))
        tensor.dispose()
        turned.dispose()
        executable.dispose()
      }))
  }

  it('scalars and empty tensors come back too', () =>
    withXla(1, async (engine) => {
      for (const tensor of [
        { dtype: 'i32', shape: [], data: Int32Array.of(7) },
        { dtype: 'f32', shape: [0, 3], data: new Float32Array(0) },
      ] satisfies HostTensor[]) {
        const uploaded = await engine.upload(0, tensor)
        expect(await uploaded.read()).toEqual(tensor)
        uploaded.dispose()
      }
    }))

  it('more uploads at once than threads', () =>
    withXla(1, async (engine) => {
      const tensors = await Promise.all(Array.from({ length: 1000 }, () => engine.upload(0, sample('f32'))))
      expect(engine.alive).toBe(1000)
      for (const tensor of tensors) tensor.dispose()
    }))

  it('dispose twice does nothing, use after it is a bug', () =>
    withXla(1, async (engine) => {
      const tensor = await engine.upload(0, sample('f32'))
      tensor.dispose()
      tensor.dispose()
      await expect(tensor.read()).rejects.toThrow('f32[2,3] was used after it was disposed')
    }))

  it('refuses data that is not as long as its shape says', () =>
    withXla(1, async (engine) => {
      await expect(engine.upload(0, sample('f32', [2, 4]))).rejects.toThrow('f32[2,4] holds 24 bytes, not 32')
    }))

  it('a donated input is consumed and its memory reused', () =>
    withXla(1, async (engine) => {
      const executable = await engine.compile(accumulator(), { donate: new Map([[0, 0]]) })
      expect(executable.memory?.alias).toBe(24)
      const x = await engine.upload(0, { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
      const start = await engine.upload(0, { dtype: 'f32', shape: [2, 3], data: new Float32Array(6) })
      let total: DeviceTensor = start
      for (let i = 0; i < 3; i++) total = first(await executable.run([[total, x]]))
      expect((await total.read()).data).toEqual(Float32Array.of(3, 6, 9, 12, 15, 18))
      await expect(start.read()).rejects.toThrow('f32[2,3] was used after it was donated')
      await expect(executable.run([[start, x]])).rejects.toThrow('was used after it was donated')
      start.dispose()
      total.dispose()
      x.dispose()
      executable.dispose()
    }))

  it('an input that is not donated stays', () =>
    withXla(1, async (engine) => {
      const executable = await engine.compile(accumulator())
      const x = await engine.upload(0, { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
      const total = first(await executable.run([[x, x]]))
      expect((await x.read()).data[5]).toBe(6)
      expect((await total.read()).data[5]).toBe(12)
      x.dispose()
      total.dispose()
      executable.dispose()
    }))

  it('what an engine still owns ends with it', async () => {
    await expect(withXla(1, (engine) => engine.upload(0, sample('u8')))).rejects.toThrow(
      '1 tensors were left on the devices',
    )
  })
})
