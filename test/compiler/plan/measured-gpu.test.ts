import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { type GpuProfile, machineProfileSchema } from '../../../compiler/host/machine-profile.ts'
import { measuredFigures } from '../../../compiler/host/measured-figures.ts'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { opCosts } from '../../../compiler/ir/cost.ts'
import type { DType } from '../../../compiler/ir/dtype.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { measuredGpuRates } from '../../../compiler/plan/measured-gpu.ts'
import { need } from '../../../grammar/diagnostic.ts'

const conv = { channels: 64, features: 64, side: 56, window: 3, stride: 1, groups: 1 } as const

const profile: GpuProfile = {
  name: 'NVIDIA Card',
  engine: 'XLA CUDA',
  seconds: { program: 1e-4, kernel: 2e-6 },
  streams: [
    { kind: 'elementwise', bytes: 1e6, rate: 4e12 },
    { kind: 'elementwise', bytes: 1e8, rate: 1e12 },
    { kind: 'reduce', bytes: 1e6, rate: 5e11 },
  ],
  products: [
    { dtype: 'f32', width: 64, rate: 1e13 },
    { dtype: 'f16', width: 64, rate: 1e14 },
    { dtype: 'f16', width: 4096, rate: 4e14 },
  ],
  convolutions: [
    { ...conv, dtype: 'f32', kind: 'conv2d', rate: 2e13 },
    { ...conv, dtype: 'f16', kind: 'conv2d', rate: 2e14 },
    { ...conv, dtype: 'f16', kind: 'conv2d', groups: 64, rate: 1e12 },
    { ...conv, dtype: 'f16', kind: 'conv2d_filter_grad', rate: 1e14 },
  ],
}

/** The last op of a graph: its seconds without the launch of its kernel, its cost, and its limit. */
function timed(build: (b: GraphBuilder) => unknown) {
  const b = new GraphBuilder('measured', 1)
  build(b)
  const last = need(b.ops.at(-1), 'an op')
  const graph = b.finish(last.results.map((value, i) => ({ name: `y${i}`, value })))
  const cost = need(opCosts(graph).at(-1), 'a cost')
  const { seconds, limit } = measuredGpuRates(profile).of(cost, false)
  return { work: seconds - profile.seconds.kernel, cost, bytes: cost.bytesRead + cost.bytesWritten, limit }
}

const tensor = (dtype: DType, ...shape: number[]) => ({ dtype, shape })
const product = (dtype: DType, n: number) => (b: GraphBuilder) =>
  ops.matmul(b, b.input('x', tensor(dtype, 8192, n)), b.input('w', tensor(dtype, n, 8192)))
const convolution = (dtype: DType, groups: number) => (b: GraphBuilder) =>
  b.add('conv2d', [b.input('x', tensor(dtype, 64, 56, 56, 64)), b.input('w', tensor(dtype, 3, 3, 64 / groups, 64))], {
    stride: [1, 1],
    padding: [
      [1, 1],
      [1, 1],
    ],
    groups,
  })

describe('products and convolutions take the rate of their element type and size', () => {
  it.each([
    ['f32 product', product('f32', 64), 1e13],
    ['f16 product', product('f16', 4096), 4e14],
    ['bf16, which nobody measured, product', product('bf16', 64), 1e13],
    ['f16 convolution', convolution('f16', 1), 2e14],
    ['f32 convolution', convolution('f32', 1), 2e13],
    ['f16 depthwise convolution', convolution('f16', 64), 1e12],
  ])('%s', (_, build, rate) => {
    const { work, cost, bytes } = timed(build)
    expect(work).toBeCloseTo(Math.max(cost.flops / rate, bytes / 4e12), 7)
  })

  it('between two measured widths', () => {
    const { work, cost } = timed(product('f16', 512))
    expect(cost.flops / work).toBeCloseTo(2e14, -9)
  })
})

describe('other ops take the rate of memory', () => {
  it('elementwise', () => {
    const { work, bytes, limit } = timed((b) => ops.add(b, b.input('x', tensor('f32', 25_000_000)), 1))
    expect(work).toBeCloseTo(bytes / 1e12, 8)
    expect(limit).toBe('memory')
  })

  it('a sum', () => {
    const { work, bytes } = timed((b) => ops.sumOver(b, b.input('x', tensor('f32', 250_000, 1)), [0]))
    expect(work).toBeCloseTo(bytes / 5e11, 8)
  })

  it('small ones take the time of a kernel', () => {
    expect(timed((b) => ops.add(b, b.input('x', tensor('f32', 64)), 1)).limit).toBe('overhead')
  })
})

it('figures of a card that nobody declared', () => {
  expect(measuredFigures(profile)).toEqual({ bandwidth: 4e12, flops: { f32: 1e13, f16: 4e14, bf16: undefined } })
})

it('the file may hold it', () => {
  const validate = new Ajv().compile(machineProfileSchema.properties.gpus)
  expect(validate([profile])).toBe(true)
  expect(validate([{ ...profile, products: [{ dtype: 'i8', width: 1, rate: 1 }] }])).toBe(false)
})
