import { describe, expect, it } from 'vitest'
import type { MachineProfile } from '../../../compiler/host/machine-profile.ts'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { opCosts } from '../../../compiler/ir/cost.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { measuredRates } from '../../../compiler/plan/measured-rates.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const conv = { channels: 64, features: 64, side: 56, window: 3, stride: 1, groups: 1 } as const

const profile: MachineProfile = {
  schema: 1,
  computer: 'a desk',
  cores: 2,
  engine: 'XLA',
  seconds: { program: 1e-3, kernel: 1e-6, byte: 1e-10 },
  streams: (['elementwise', 'reduce', 'batch_norm_training', 'batch_norm_grad'] as const).flatMap((kind) => [
    { kind, bytes: 1e6, channels: 64, rate: 4e10 },
    { kind, bytes: 1e8, channels: 64, rate: 1e10 },
  ]),
  products: [
    { width: 16, rate: 1e11 },
    { width: 1024, rate: 4e11 },
  ],
  convolutions: [
    { ...conv, kind: 'conv2d', form: 'plain', rate: 4e11 },
    { ...conv, kind: 'conv2d', form: 'plain', side: 14, channels: 256, features: 256, rate: 5e11 },
    { ...conv, kind: 'conv2d', form: 'lanes', groups: 64, rate: 1e10 },
    { ...conv, kind: 'conv2d_input_grad', form: 'plain', rate: 3e11 },
    { ...conv, kind: 'conv2d_filter_grad', form: 'plain', rate: 1e11 },
  ],
  links: { devices: 2, bandwidth: 1e10, latency: 1e-5 },
  images: { decoded: 2000, drawn: 200 },
}

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const

/** Seconds of the last op of a graph, without the launch of its kernel. */
function seconds(build: (b: GraphBuilder) => unknown, devices = 1, measured = profile, isInLoop = false): number {
  const b = new GraphBuilder('measured', 1)
  build(b)
  const last = need(b.ops.at(-1), 'an op')
  const graph = b.finish(last.results.map((value, i) => ({ name: `y${i}`, value })))
  const cost = need(opCosts(graph).at(-1), 'a cost')
  return measuredRates(measured, devices).of(cost, isInLoop).seconds - measured.seconds.kernel
}

const edge = [1, 1] as const
function convolution(side: number, channels: number, groups = 1) {
  return (b: GraphBuilder) =>
    b.add(
      'conv2d',
      [b.input('x', f32(1, side, side, channels)), b.input('w', f32(3, 3, channels / groups, channels))],
      {
        stride: [1, 1],
        padding: [edge, edge],
        groups,
      },
    )
}
const flops = (side: number, channels: number, groups = 1) => (2 * side * side * channels * channels * 9) / groups

describe('rates of ops', () => {
  it.each<[string, (b: GraphBuilder) => unknown, number]>([
    ['a convolution that was measured', convolution(56, 64), flops(56, 64) / 4e11],
    ['another one of its formulation', convolution(56, 64, 64), flops(56, 64, 64) / 1e10],
    ['a product', (b) => ops.matmul(b, b.input('x', f32(16, 2000)), b.input('y', f32(2000, 1000))), 64e6 / 1e11],
    [
      'a width between two measured ones',
      (b) => ops.matmul(b, b.input('x', f32(128, 2000)), b.input('y', f32(2000, 1000))),
      512e6 / 2e11,
    ],
    [
      'a stream that fits into no cache',
      (b) => ops.add(b, b.input('x', f32(25e6)), b.input('y', f32(25e6))),
      3e8 / 1e10,
    ],
    ['and one between', (b) => ops.add(b, b.input('x', f32(25e5)), b.input('y', f32(25e5))), 3e7 / 2e10],
  ])('%s', (_, build, wanted) => {
    expect(seconds(build) / wanted).toBeCloseTo(1, 6)
  })

  it('sums over short rows are slower, single elements are not', () => {
    const narrow = {
      ...profile,
      streams: profile.streams.concat({ kind: 'reduce', bytes: 1e8, channels: 16, rate: 1e9 }),
    }
    const sum = (channels: number) => (b: GraphBuilder) =>
      ops.sumOver(b, b.input('x', f32(25e6 / channels, channels)), [0])
    expect(seconds(sum(16), 1, narrow) / seconds(sum(64), 1, narrow)).toBeCloseTo(10, 3)
    const doubled = (channels: number) => (b: GraphBuilder) =>
      ops.add(b, b.input('x', f32(25e6 / channels, channels)), 1)
    expect(seconds(doubled(16), 1, narrow)).toBe(seconds(doubled(64), 1, narrow))
  })

  it('a convolution between two measured ones is between their rates', () => {
    const rate = flops(28, 128) / seconds(convolution(28, 128))
    expect(rate).toBeGreaterThan(4e11)
    expect(rate).toBeLessThan(5e11)
  })

  it.each<[string, number, MachineProfile, boolean, number]>([
    ['stay in the caches where they are small', 25e4, { ...profile, cached: 1e11 }, true, 1e11],
    ['come from memory where they are large', 25e6, { ...profile, cached: 1e11 }, true, 1e10],
    ['and outside of a loop', 25e4, { ...profile, cached: 1e11 }, false, 4e10],
    ['and by a profile that did not measure it', 25e4, profile, true, 4e10],
  ])('tensors in a loop %s', (_, count, measured, isInLoop, rate) => {
    const build = (b: GraphBuilder) => ops.add(b, b.input('x', f32(count)), b.input('y', f32(count)))
    expect((12 * count) / seconds(build, 1, measured, isInLoop) / rate).toBeCloseTo(1, 2)
  })

  it('rows that fit into no cache come from memory, whatever numbers say which they are', () => {
    const rows = (b: GraphBuilder) =>
      ops.takeRows(b, b.input('table', f32(25e4, 100)), b.input('rows', { dtype: 'i32', shape: [25e3] }))
    expect(seconds(rows, 1, { ...profile, cached: 1e11 }, true)).toBe(seconds(rows))
  })

  it('of a table, a loop moves only the rows that it reads or writes through memory', () => {
    const measured = { ...profile, cached: 1e11 }
    const part = (b: GraphBuilder) =>
      ops.dynamicSlice(b, b.input('table', f32(25e4, 100)), [b.input('i', { dtype: 'i32', shape: [] }), 0], [2500, 100])
    const rate = 1e6 / (seconds(part, 1, measured, true) - 1e6 / 1e11)
    expect(rate).toBeCloseTo(2e6 / seconds(part, 1, measured), -7)
  })

  it('virtual devices share the computer', () => {
    expect(seconds(convolution(56, 64), 2)).toBeCloseTo((2 * flops(56, 64)) / 4e11, 12)
  })
})

describe('plans', () => {
  const host = { cpuProfile: () => profile }

  it('for this computer rest on the profile', () => {
    const { time } = planOf(experimentText(), { experiment: 'run', host }).document
    expect(time.basis).toBe('measured on this computer (a desk, 2 cores, XLA) by arcc doctor --write-machine')
  })

  it('for several like it do, too, with the network that is declared between them', () => {
    const of = (between: string) => {
      const text = experimentText(`machine = cpu(devices: 2, nodes: 2, between: ethernet(${between}))`)
      return planOf(text, { experiment: 'run', host }).document
    }
    const [slow, fast] = [of('1 MB/s'), of('100 GB/s')]
    expect(slow.machine).toMatchObject({ nodes: 2, devicesPerNode: 2 })
    expect(slow.time.basis).toMatch(/^measured on this computer/)
    expect(slow.time.secondsPerStep).toBeGreaterThan(10 * fast.time.secondsPerStep)
  })

  it('for another machine do not', () => {
    const text = experimentText('machine = dgx_v100(nodes: 1)\n  dataset = synthetic(identities: 200, per_identity: 8)')
    expect(planOf(text, { experiment: 'run', host }).document.time.basis).toMatch(/^published figures/)
  })

  it('take the time to draw images where they do not stay in memory', () => {
    const of = (identities: number) => {
      const text = experimentText(`dataset = synthetic(identities: ${identities}, per_identity: 8)`)
      return planOf(text, { experiment: 'run', host }).document.time
    }
    expect(of(20).dataSeconds).toBeUndefined()
    // 8 images of a step at 200 a second; the step itself is quicker.
    expect(of(10_000)).toMatchObject({ dataSeconds: 0.04, secondsPerStep: 0.04, bound: 'data' })
  })
})
