/** The parts of exact plans that need no compiler: the GPU, its description for XLA, cache keys, refusals. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { sealOf } from '../../../runtime/cache/sealed.ts'
import { cudaPluginTable, ptxasTable } from '../../../runtime/plugins/plugin-table.ts'
import { cachedCudaTools, cudaEntries } from '../../../runtime/xla/exact/cuda-tools.ts'
import {
  type ExactKeyParts,
  exactKey,
  readFigures,
  type StoredFigures,
  writeFigures,
} from '../../../runtime/xla/exact/exact-cache.ts'
import { exactMemory } from '../../../runtime/xla/exact/exact-memory.ts'
import { findGpu, gpuTable } from '../../../runtime/xla/exact/gpus.ts'
import { readRefusal } from '../../../runtime/xla/exact/refusal.ts'
import { targetConfig, topologyText } from '../../../runtime/xla/exact/target-config.ts'
import { anError } from '../../helpers/facts.ts'
import { planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const gib = 2 ** 30

describe('which GPU', () => {
  it.each([
    [7, 32, 'Tesla V100-SXM2-32GB'],
    [7, 16, 'Tesla V100-SXM2-16GB'],
    [8, 40, 'NVIDIA A100-SXM4-40GB'],
    [8, 80, 'NVIDIA A100-SXM4-80GB'],
    [9, 79.6, 'NVIDIA H100 80GB HBM3'],
    [9, 140.4, 'NVIDIA H200 141GB HBM3e'],
    [7.5, 16, undefined],
    [7, 24, undefined],
    [9, 32, undefined],
  ])('compute %d with %d GiB is %s', (compute, memory, name) => {
    expect(findGpu(compute, memory * gib)?.name).toBe(name)
  })

  it('every GPU is found by its own figures', () => {
    for (const gpu of gpuTable) {
      expect(findGpu(gpu.compute[0] + gpu.compute[1] / 10, gpu.memory)).toBe(gpu)
    }
  })
})

describe('what XLA is told', () => {
  it('describes the GPU', () => {
    expect(targetConfig(need(gpuTable[1], 'V100'))).toMatchSnapshot()
    expect(targetConfig(need(findGpu(9, 79.6 * gib), 'H100'))).toMatchSnapshot()
  })

  it.each([
    [1, 8, '1x1x8'],
    [8, 4, '1x8x4'],
    [1, 1, '1x1x1'],
  ])('%d nodes of %d devices are %s', (nodes, devices, text) => {
    expect(topologyText(nodes, devices)).toBe(text)
  })

  it('has no topology without devices', () => {
    expect(() => topologyText(1, 0)).toThrow('1 nodes of 0 devices')
  })
})

describe('the key of a program', () => {
  const parts: ExactKeyParts = {
    program: 'module @step {}',
    replicas: 8,
    topology: { target_config: 'a', topology: '1x1x8' },
    flags: { xla_a: 0, xla_b: true },
    environment: '',
    tools: ['aa', 'bb'],
  }

  it('does not depend on the order of options', () => {
    const turned = {
      ...parts,
      topology: { topology: '1x1x8', target_config: 'a' },
      flags: { xla_b: true, xla_a: 0 },
    }
    expect(exactKey(turned)).toBe(exactKey(parts))
    expect(exactKey(parts)).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each<[string, Partial<ExactKeyParts>]>([
    ['program', { program: 'module @other {}' }],
    ['replicas', { replicas: 4 }],
    ['target', { topology: { target_config: 'b', topology: '1x1x8' } }],
    ['topology', { topology: { target_config: 'a', topology: '1x2x4' } }],
    ['flags', { flags: { xla_a: 1, xla_b: true } }],
    ['fewer flags', { flags: { xla_a: 0 } }],
    ['environment', { environment: '--xla_a=1' }],
    ['tools', { tools: ['aa', 'cc'] }],
    ['tools, cut elsewhere', { tools: ['aab', 'b'] }],
  ])('depends on the %s', (_, change) => {
    expect(exactKey({ ...parts, ...change })).not.toBe(exactKey(parts))
  })
})

describe('refusals', () => {
  it('name the place', () => {
    const text = [
      "std/layers.arc:12:5: error: 'stablehlo.add' op requires the same shape for all operands and results",
      'std/layers.arc:12:5: note: see current operation: %0 = "stablehlo.add"(%arg0, %arg0)',
      '<unknown>:0: error: Failed to parse using StableHLO v1.22.0',
    ].join('\n')
    expect(readRefusal(text)).toEqual({
      message: "'stablehlo.add' op requires the same shape for all operands and results",
      place: '\n  --> std/layers.arc:12:5',
    })
  })

  it('are told whole where there is none', () => {
    const message = 'No registered implementation for custom call to nope for platform CUDA'
    expect(readRefusal(`${message}\n`)).toEqual({ message, place: '' })
  })
})

describe('the wheels', () => {
  it.each([cudaPluginTable, ptxasTable])('are pinned, one per platform', (...table) => {
    expect(table.map((entry) => entry.platform)).toEqual(['linux-x64', 'linux-arm64'])
    for (const entry of table) {
      expect(entry.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(entry.file).toContain(entry.version)
    }
  })

  it('are not there for every platform', () => {
    expect(() => cudaEntries('darwin-arm64')).toThrow(anError('ARC6013', { platform: 'darwin-arm64' }))
  })
})

describe('in the cache', () => {
  const folder = temporaryFolder()
  beforeEach(() => vi.stubEnv('ARCC_CACHE', folder))
  afterEach(() => vi.unstubAllEnvs())

  const figures: StoredFigures = {
    arguments: 10,
    outputs: 9,
    alias: 8,
    temporaries: 7,
    peak: 17,
    generatedCode: 0,
    seconds: 1.5,
  }

  it('figures come back, and what is no figures does not', async () => {
    expect(await readFigures('a')).toBeUndefined()
    await writeFigures('a', figures)
    expect(await readFigures('a')).toEqual(figures)
    for (const text of ['{ "arguments": 10 }', '{']) {
      const contents = Buffer.from(text)
      await writeFile(join(folder, 'exact/b'), [sealOf('b', contents), contents])
      expect(await readFigures('b')).toBeUndefined()
    }
  })

  it('figures with a flipped bit are not used', async () => {
    await writeFigures('a', figures)
    const whole = await readFile(join(folder, 'exact/a'))
    for (let bit = 0; bit < 8 * whole.length; bit += 7) {
      const bytes = Buffer.from(whole)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await writeFile(join(folder, 'exact/a'), bytes)
      expect(await readFigures('a')).toBeUndefined()
    }
  })

  it('that cannot be written, they are computed again', async () => {
    vi.stubEnv('ARCC_CACHE', join(folder, 'a-file'))
    await writeFile(join(folder, 'a-file'), '')
    await writeFigures('a', figures)
    expect(await readFigures('a')).toBeUndefined()
  })

  it('both tools must be there', async () => {
    const entries = cudaEntries('linux-x64')
    const home = join(folder, 'plugins/jax-cuda12-pjrt-0.12.0.1-linux-x64/jax_plugins/xla_cuda12')
    await mkdir(home, { recursive: true })
    await writeFile(join(home, 'xla_cuda_plugin.so'), '')
    expect(await cachedCudaTools(entries)).toBeUndefined()
    const nvcc = join(folder, 'plugins/nvidia-cuda-nvcc-cu12-12.9.86-linux-x64/nvidia/cuda_nvcc')
    await mkdir(join(nvcc, 'bin'), { recursive: true })
    await writeFile(join(nvcc, 'bin/ptxas'), '')
    expect(await cachedCudaTools(entries)).toEqual({ plugin: join(home, 'xla_cuda_plugin.so'), dataFolder: nvcc })
  })
})

describe('devices without figures', () => {
  function planFor(device: string): Plan {
    const declarations = `device own { ${device} }
machine box { nodes = 1, devices_per_node = 2, device = own, links { within = nvlink(150 GB/s) } }`
    return planOf(experimentText('machine = box', declarations), { experiment: 'run' })
  }
  const rates = 'bandwidth = 300 GB/s, flops { f32 = 8 TFLOP/s }'
  const v100 = 'Tesla V100-SXM2-32GB (7.0, 31.7 GiB)'

  it.each([
    [
      `kind = cuda, compute = 7.5, memory = 16 GiB, ${rates}`,
      'ARC6012',
      { device: 'own', compute: '7.5', memory: '16.0 GiB' },
    ],
    [`kind = cuda, memory = 16 GiB, ${rates}`, 'ARC6012', { compute: 'not given', memory: '16.0 GiB' }],
    [`kind = cpu, memory = 16 GiB, ${rates}`, 'ARC6011', { device: 'own' }],
  ])('%s', async (device, code, params) => {
    await expect(exactMemory(planFor(device))).rejects.toMatchObject({
      code,
      params: code === 'ARC6012' ? { ...params, known: expect.stringContaining(v100) } : params,
    })
  })
})
