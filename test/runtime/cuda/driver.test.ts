/** Queries to NVIDIA's driver, with a replacement driver in C. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { findCudaDriver } from '../../../runtime/cuda/driver.ts'
import { openNvml } from '../../../runtime/cuda/nvml.ts'
import { hasCompiler } from '../../helpers/compiler.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const source = join(import.meta.dirname, 'fake-driver.c')
const folder = temporaryFolder()

interface Fake {
  readonly gpus?: number
  readonly init?: number
  readonly linked?: boolean
  /** GiB of the card as reported by NVML; the GPU has 80. */
  readonly card?: number
}

let built = 0

/** Builds a driver and returns the path of its library. */
function build({ gpus = 2, init = 0, linked = true, card = 81 }: Fake): string {
  built += 1
  const path = join(folder, `libfake-${built}.so`)
  const flags = [`-DGPUS=${gpus}`, `-DINIT=${init}`, `-DLINKED=${linked ? 1 : 0}`, `-DCARD_GIB=${card}ull`]
  execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', ...flags, '-o', path, source])
  return path
}

const nowhere = join(folder, 'nowhere.so')

afterEach(() => vi.unstubAllEnvs())

describe.runIf(hasCompiler)('a driver (built with cc; skipped where there is none)', () => {
  it('names its GPUs, their memory, their compute capability and NVLink', () => {
    const path = build({})
    const gib = 2 ** 30
    expect(findCudaDriver({ cuda: path, nvml: path })).toEqual({
      found: true,
      version: '570.86.15',
      cuda: [12, 8],
      gpus: [
        { index: 0, name: 'NVIDIA Fake 0', memory: 80 * gib, compute: [9, 1], free: 64 * gib, busId: '0000:10:00.0' },
        { index: 1, name: 'NVIDIA Fake 1', memory: 80 * gib, compute: [9, 1], free: 63 * gib, busId: '0000:11:00.0' },
      ],
      nvlink: true,
    })
  })

  it('is asked without NVML too', () => {
    const found = findCudaDriver({ cuda: build({}), nvml: nowhere })
    expect(found).toMatchObject({ found: true, cuda: [12, 8], nvlink: false })
    expect(found.found && found.gpus.map((gpu) => 'free' in gpu)).toEqual([false, false])
  })

  it('says what its cards are doing; what it does not tell is missing', async () => {
    const nvml = need(openNvml(build({})), 'NVML')
    const gib = 2 ** 30
    const common = { utilization: 0.97, temperature: 61, watts: 642.5 }
    expect(await nvml.activity('0000:10:00.0')).toEqual({ ...common, usedBytes: 17 * gib, clock: 1.98e9 })
    expect(await nvml.activity('0000:11:00.0')).toEqual({ ...common, usedBytes: 18 * gib })
    expect(await nvml.activity('no address')).toEqual({})
    nvml.close()
  })

  it.each([
    ['cards on PCIe', { linked: false }],
    ['one card', { gpus: 1 }],
  ])('%s have no NVLink', (_, fake) => {
    const path = build(fake)
    expect(findCudaDriver({ cuda: path, nvml: path })).toMatchObject({ found: true, nvlink: false })
  })

  it('does not take the free memory of a card for that of a part of it', () => {
    const path = build({ gpus: 1, card: 160 })
    const found = findCudaDriver({ cuda: path, nvml: path })
    expect(found.found && found.gpus.map((gpu) => gpu.free)).toEqual([undefined])
  })

  it.each([
    ['shows none', { gpus: 0 }],
    ['says so itself', { init: 100 }],
  ])('without a GPU: %s', (_, fake) => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '7')
    expect(findCudaDriver({ cuda: build(fake), nvml: nowhere })).toEqual({
      found: false,
      reason: 'no-device',
      detail: 'the NVIDIA driver shows no GPU; CUDA_VISIBLE_DEVICES is "7"',
    })
  })

  it.each([
    [802, 'cuInit failed: CUDA_ERROR_SYSTEM_NOT_READY (802): system not yet initialized'],
    [999, 'cuInit failed: CUDA error 999'],
  ])('that cannot be used: %i', (init, detail) => {
    expect(findCudaDriver({ cuda: build({ init }), nvml: nowhere })).toEqual({
      found: false,
      reason: 'failed',
      detail,
    })
  })
})

it('no driver at all', () => {
  const found = findCudaDriver({ cuda: nowhere, nvml: nowhere })
  expect(found).toMatchObject({ found: false, reason: 'no-library' })
  expect(found.found ? '' : found.detail).toContain('nowhere.so')
})

it('a library that is no driver', () => {
  const found = findCudaDriver({ cuda: 'libc.so.6', nvml: nowhere })
  expect(found).toMatchObject({ found: false, reason: process.platform === 'linux' ? 'failed' : 'no-library' })
})
