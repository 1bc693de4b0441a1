/** The measurements of a GPU, with the CPU plugin and small sizes; the graphs are the same. */
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { machineProfileSchema } from '../../../compiler/host/machine-profile.ts'
import { graphCost } from '../../../compiler/ir/cost.ts'
import type { CudaGpu } from '../../../runtime/cuda/driver.ts'
import {
  convolutionProbes,
  type GpuProbeSizes,
  gpuProbeSizes,
  productProbes,
  streamProbes,
} from '../../../runtime/measure/gpu-probes.ts'
import { measureGpu, measureGpus } from '../../../runtime/measure/measure-gpu.ts'
import { describeOnXla, withXla } from '../../helpers/xla.ts'

const gib = 2 ** 30
const card = (index: number, name: string, major: number): CudaGpu => ({
  index,
  name,
  memory: 80 * gib,
  compute: [major, 0],
})

describe('the graphs do the work that the rates are of', () => {
  it.each(productProbes(gpuProbeSizes, ['f32', 'f16', 'bf16']))('$what', ({ graph, work }) => {
    expect(graphCost(graph).flops).toBe(work)
  })

  it.each(convolutionProbes(gpuProbeSizes))('$at.kind: $what', ({ graph, work }) => {
    expect(graphCost(graph).flops).toBe(work)
  })

  it.each(streamProbes(gpuProbeSizes))('$what', ({ graph, work }) => {
    const { bytesRead, bytesWritten } = graphCost(graph)
    expect((bytesRead + bytesWritten) / work).toBeCloseTo(1, 2)
  })
})

it('every kind of convolution has its points, of both element types', () => {
  const measured = convolutionProbes(gpuProbeSizes).map(({ at }) => `${at.dtype} ${at.kind}`)
  expect(new Set(measured).size).toBe(6)
})

const small: GpuProbeSizes = {
  products: [
    [8, 8, 8],
    [16, 32, 16],
  ],
  convolutions: [
    [8, 4, 4, 3, 1, 1],
    [8, 4, 4, 3, 2, 4],
  ],
  f32Convolutions: [0],
  streams: [[2, 8, 8, 4]],
  batch: 2,
  copies: 2,
}

describeOnXla('measuring', () => {
  it('gives a profile that the machine file may hold', async () => {
    const said: string[] = []
    const profile = await withXla(1, (engine) =>
      measureGpu(engine, card(0, 'A Card', 8), (what) => said.push(what), small),
    )
    const validate = new Ajv().compile(machineProfileSchema.properties.gpus)
    expect([validate([profile]), validate.errors]).toEqual([true, null])
    expect(profile.name).toBe('A Card')
    expect(profile.products.map(({ dtype, width }) => `${dtype} ${width}`)).toEqual(
      ['f32', 'f16', 'bf16'].flatMap((dtype) => [`${dtype} 8`, `${dtype} 16`]),
    )
    expect(profile.convolutions).toHaveLength(9)
    expect(said).toContain('f16 products of 8×8 and 8×8, A Card')
  })

  it('leaves bf16 out on cards that do not multiply in it', async () => {
    const profile = await withXla(1, (engine) => measureGpu(engine, card(0, 'A Card', 7), () => {}, small))
    expect(new Set(profile.products.map(({ dtype }) => dtype))).toEqual(new Set(['f32', 'f16']))
  })
})

it('one card of each kind starts', async () => {
  const started: number[] = []
  const start = (gpu: CudaGpu) => {
    started.push(gpu.index)
    return Promise.reject(new Error('no such card'))
  }
  const gpus = [card(0, 'A', 9), card(1, 'A', 9), card(2, 'B', 8)]
  await expect(measureGpus(gpus, start, () => {})).rejects.toThrow('no such card')
  expect(started).toEqual([0])
})
