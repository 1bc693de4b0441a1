/** `local()`: this computer as the host describes it. */
import { describe, expect, it } from 'vitest'
import type { LocalGpu } from '../../compiler/host/local-machine.ts'
import type { GpuProfile, MachineProfile } from '../../compiler/host/machine-profile.ts'
import { need } from '../../grammar/diagnostic.ts'
import { saidBy } from '../helpers/facts.ts'
import { compileText } from '../helpers/plan.ts'
import { experimentText } from '../helpers/resolve.ts'

const gib = 2 ** 30
const gpu = (name: string, memory = 80 * gib, compute = 9): LocalGpu => ({ name, memory, compute })

interface Found {
  readonly gpus?: readonly LocalGpu[]
  readonly nvlink?: boolean
  readonly measured?: readonly GpuProfile[] | undefined
}

/** Resolves and plans the experiment of the tests on `machine`, with this description of the computer. */
function compile(machine: string, { gpus = [], nvlink = false, measured }: Found) {
  const host = {
    localMachine: () => ({ gpus, nvlink, cores: 12, memory: 64 * gib }),
    machineProfile: () => measured && { ...profile, gpus: [...measured] },
  }
  return compileText(experimentText(`  machine = ${machine}`), { experiment: 'run', host })
}

const machineOf = (machine: string, found: Found) => need(compile(machine, found).experiment, 'an experiment').machine

const profile: MachineProfile = {
  schema: 1,
  computer: 'a desk',
  cores: 2,
  engine: 'XLA',
  seconds: { program: 1e-3, kernel: 1e-6, byte: 1e-10 },
  streams: [{ kind: 'elementwise', bytes: 1e6, channels: 64, rate: 4e10 }],
  products: [{ width: 16, rate: 1e11 }],
  convolutions: [
    { kind: 'conv2d', form: 'plain', channels: 4, features: 4, side: 9, window: 3, stride: 1, groups: 1, rate: 1e11 },
  ],
  links: { devices: 2, bandwidth: 1e10, latency: 1e-5 },
  images: { decoded: 2000, drawn: 200 },
}

const streams = [{ kind: 'elementwise', bytes: 1e8, rate: 2.5e11 }] as const
const l4: GpuProfile = {
  name: 'NVIDIA L4',
  engine: 'XLA CUDA (PJRT 0.116)',
  seconds: { program: 1e-4, kernel: 3e-6 },
  streams: [...streams, { kind: 'reduce', bytes: 1e8, rate: 2e11 }],
  products: [
    { dtype: 'f32', width: 1024, rate: 2e13 },
    { dtype: 'f16', width: 1024, rate: 9e13 },
    { dtype: 'bf16', width: 1024, rate: 9e13 },
  ],
  convolutions: (['conv2d', 'conv2d_input_grad', 'conv2d_filter_grad'] as const).map((kind) => ({
    ...{ kind, channels: 64, features: 64, side: 56, window: 3, stride: 1, groups: 1, rate: 1e13 },
    dtype: 'f32',
  })),
}

it('is the CPU where there is no GPU; virtual devices share its memory', () => {
  expect(machineOf('local()', {})).toMatchObject({
    name: 'local',
    local: true,
    devicesPerNode: 1,
    cores: 12,
    device: { kind: 'cpu', memory: 64 * gib },
    within: { technology: 'shared_memory' },
  })
  expect(machineOf('local(devices: 4)', {})).toMatchObject({ devicesPerNode: 4, device: { memory: 16 * gib } })
})

it.each([
  ['Tesla V100-SXM2-32GB', 7, 'NVIDIA V100 SXM2 32 GB', 900e9, 150e9],
  ['NVIDIA A100-SXM4-80GB', 8, 'NVIDIA A100 SXM4 80 GB', 2039e9, 300e9],
  ['NVIDIA H100 80GB HBM3', 9, 'NVIDIA H100 SXM5 80 GB', 3350e9, 450e9],
  ['NVIDIA H200', 9, 'NVIDIA H200 SXM 141 GB', 4800e9, 450e9],
])('knows the published figures of %s, and takes the memory that is there', (driver, compute, name, rate, link) => {
  const found = { gpus: [gpu(driver, 79 * gib, compute), gpu(driver, 79 * gib, compute)], nvlink: true }
  expect(machineOf('local()', found)).toMatchObject({
    devicesPerNode: 2,
    device: { kind: 'cuda', name, driver, compute, bandwidth: rate, memory: 79 * gib },
    within: { technology: 'nvlink', bandwidth: link },
  })
})

describe('several GPUs', () => {
  it('may be taken in part, and are linked by PCIe where they have no NVLink', () => {
    const gpus = [gpu('NVIDIA H100 80GB HBM3'), gpu('NVIDIA H100 80GB HBM3')]
    expect(machineOf('local(devices: 1)', { gpus })).toMatchObject({
      devicesPerNode: 1,
      within: { technology: 'pcie' },
    })
  })

  it('that are not there are a mistake', () => {
    const { diagnostics } = compile('local(devices: 3)', { gpus: [gpu('NVIDIA H100 80GB HBM3')] })
    expect(saidBy(diagnostics)).toEqual([
      'ARC4213 owner: local, condition: local_gpus() == 0 or devices <= local_gpus()',
    ])
  })

  it('of two sorts are planned for the smaller one', () => {
    const gpus = [gpu('NVIDIA H200', 140 * gib), gpu('NVIDIA H100 80GB HBM3', 79 * gib)]
    expect(machineOf('local()', { gpus }).device).toMatchObject({ driver: 'NVIDIA H100 80GB HBM3', memory: 79 * gib })
  })
})

describe('a GPU that the standard library does not know', () => {
  const gpus = [gpu('NVIDIA L4', 22 * gib, 8.9)]

  it('takes measured figures', () => {
    const { experiment, plan } = compile('local()', { gpus, measured: [l4] })
    expect(experiment?.machine.device).toMatchObject({
      kind: 'cuda',
      name: 'NVIDIA L4',
      memory: 22 * gib,
      compute: 8.9,
      bandwidth: 2.5e11,
      flops: { f32: 2e13, f16: 9e13, bf16: 9e13 },
    })
    expect(plan?.document.time.basis).toContain('measured on NVIDIA L4 (XLA CUDA (PJRT 0.116))')
  })

  it('has no bf16 before compute capability 8.0', () => {
    const old = { ...l4, name: 'Tesla T4', products: [{ dtype: 'f32', width: 1024, rate: 4e12 }] } satisfies GpuProfile
    const { device } = machineOf('local()', { gpus: [gpu('Tesla T4', 15 * gib, 7.5)], measured: [old] })
    expect(device.flops.bf16).toBeUndefined()
  })

  it.each([
    ['no file', undefined],
    ['a file without it', []],
  ])('is a mistake where nothing measured it: %s', (_, measured) => {
    const [found, ...more] = compile('local()', { gpus, measured }).diagnostics
    expect(more).toEqual([])
    expect(found).toMatchObject({
      code: 'ARC4026',
      params: { gpu: 'NVIDIA L4' },
      notes: [expect.stringContaining('`arcc doctor --write-machine`'), 'in `local_device`, in `local`'],
    })
  })
})
