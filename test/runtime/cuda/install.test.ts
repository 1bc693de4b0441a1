/** Installing CUDA's wheels, with small wheels in place of NVIDIA's and no network. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CudaDriver } from '../../../runtime/cuda/driver.ts'
import { cudaHome, installCuda } from '../../../runtime/cuda/install.ts'
import { type CudaWheels, cudaWheels } from '../../../runtime/cuda/wheels.ts'
import type { DownloadWheel } from '../../../runtime/plugins/fetch-wheel.ts'
import { fileDigest } from '../../../runtime/plugins/file-digest.ts'
import { pluginTable } from '../../../runtime/plugins/plugin-table.ts'
import type { InstallEvent } from '../../../runtime/wheels/install-wheels.ts'
import { listInstalled, removeInstalled } from '../../../runtime/wheels/installed.ts'
import { findCut, readManifest } from '../../../runtime/wheels/manifest.ts'
import { anError } from '../../helpers/facts.ts'
import { buyFrom, contentOf, hasPython, makeWheel } from '../../helpers/package-shop.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const shop = join(folder, 'shop')

const noWheels: CudaWheels = {
  install: 'cuda',
  title: 'CUDA',
  folder: 'cuda',
  name: 'cuda12-test',
  plugin: '',
  wheels: [],
}

/** Marks a file as executable, like the program in a real wheel. */
function makeWheels(): CudaWheels {
  const ptxas = 'nvidia/cuda_nvcc/bin/ptxas'
  const wheels = [
    makeWheel(shop, 'tools', { [ptxas]: '#!/bin/sh\n', 'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc': 'bitcode' }),
    makeWheel(shop, 'cublas', { 'nvidia/cublas/lib/libcublas.so.12': 'a library', 'nvidia/__init__.py': '' }),
    makeWheel(shop, 'plugin', { 'jax_plugins/xla_cuda12/xla_cuda_plugin.so': 'the plugin', 'nvidia/__init__.py': '' }),
  ]
  return { ...noWheels, plugin: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so', wheels }
}

const noDriver: CudaDriver = { found: false, reason: 'no-library', detail: 'none' }
const driver = (major: number): CudaDriver => ({
  found: true,
  version: '470.1',
  cuda: [major, 4],
  gpus: [],
  nvlink: false,
})

let fetched: string[] = []

/** Takes wheels from the shop. */
const buy = buyFrom(shop, (wheel) => fetched.push(wheel))

/** A shop that fails at one wheel. */
const buyAllBut =
  (name: string): DownloadWheel =>
  (entry, ...rest) =>
    entry.wheel === name ? Promise.reject(new Error('the line is dead')) : buy(entry, ...rest)

let round = 0
let cache = ''

beforeEach(() => {
  round += 1
  cache = join(folder, `cache-${round}`)
  vi.stubEnv('ARCC_CACHE', cache)
  fetched = []
})

afterEach(() => vi.unstubAllEnvs())

describe.runIf(hasPython())('installing (with python3, which unpacks; skipped where there is none)', () => {
  const wheels = hasPython() ? makeWheels() : noWheels
  const install = (more: Partial<Parameters<typeof installCuda>[0]> = {}) =>
    installCuda({ wheels, driver: noDriver, download: buy, ...more })

  it('lays all wheels out in one folder, and leaves nothing else', async () => {
    const events: InstallEvent[] = []
    const { home, fetched: bytes } = await install({ onProgress: (event) => events.push(event) })
    expect(home).toBe(join(cache, 'cuda/cuda12-test'))
    expect(readdirSync(join(cache, 'cuda'))).toEqual(['cuda12-test'])
    for (const path of ['jax_plugins/xla_cuda12/xla_cuda_plugin.so', 'nvidia/cublas/lib/libcublas.so.12'])
      expect(existsSync(join(home, path))).toBe(true)
    expect(statSync(join(home, 'nvidia/cuda_nvcc/bin/ptxas')).mode & 0o111).toBe(0o111)
    expect(bytes).toBe(wheels.wheels.reduce((sum, wheel) => sum + wheel.bytes, 0))
    expect(events.map(({ phase, what, overall }) => `${phase} ${what} ${overall?.wheel ?? ''}`)).toEqual([
      ...['tools 1.0 1', 'cublas 1.0 2', 'plugin 1.0 3'].flatMap((what) =>
        ['download', 'verify', 'unpack'].map((phase) => `${phase} ${what}`),
      ),
      'ready CUDA ',
    ])
    expect(events.at(-2)?.overall).toMatchObject({ bytes, total: bytes })
  })

  it('notes every file, and sees a cut one', async () => {
    const { home } = await install()
    const files = readManifest(home)?.wheels.flatMap((wheel) => wheel.files) ?? []
    expect(files.map((file) => file.path)).toContain('nvidia/cublas/lib/libcublas.so.12')
    expect(findCut(home, files)).toBeUndefined()
    truncateSync(join(home, wheels.plugin), 4)
    expect(findCut(home, files)).toEqual({ path: join(home, wheels.plugin), reason: 'it has 4 of 10 bytes' })
  })

  it('goes on where it was', async () => {
    await expect(install({ download: buyAllBut('plugin') })).rejects.toThrow('the line is dead')
    expect(existsSync(cudaHome(wheels))).toBe(false)
    expect(await listInstalled()).toMatchObject([{ what: 'CUDA for XLA, cuda12-test', state: 'part' }])
    await install()
    expect(fetched).toEqual(['tools', 'cublas', 'plugin'])
  })

  it('fetches again what was cut after it was unpacked', async () => {
    await expect(install({ download: buyAllBut('plugin') })).rejects.toThrow()
    truncateSync(join(`${cudaHome(wheels)}.part`, 'tree/nvidia/cublas/lib/libcublas.so.12'), 1)
    await install()
    expect(fetched).toEqual(['tools', 'cublas', 'cublas', 'plugin'])
  })

  it('reads through what is there, and fetches nothing', async () => {
    await install()
    expect(await install({ download: buyAllBut('tools') })).toMatchObject({ fetched: 0 })
  })

  it('mends what is damaged, with the wheel that it came from', async () => {
    const { home } = await install()
    const library = join(home, 'nvidia/cublas/lib/libcublas.so.12')
    writeFileSync(library, 'A library')
    fetched = []
    await install()
    expect(fetched).toEqual(['cublas'])
    expect(readFileSync(library, 'utf8')).toBe('a library')
  })

  it('refuses a wheel with another digest', async () => {
    const [first, ...rest] = wheels.wheels
    const wrong = first === undefined ? [] : [{ ...first, sha256: '0'.repeat(64) }]
    await expect(install({ wheels: { ...wheels, wheels: [...wrong, ...rest] } })).rejects.toMatchObject({
      code: 'ARC6004',
    })
    expect(existsSync(cudaHome(wheels))).toBe(false)
  })

  it('refuses a wheel that does not hold what it says', async () => {
    const lies = makeWheel(shop, 'lies', { 'nvidia/lies.so': 'truth' })
    const content = contentOf(shop, 'lies')
    writeFileSync(join(content, 'nvidia/lies.so'), 'other')
    execFileSync('python3', ['-m', 'zipfile', '-c', join(shop, lies.file), ...readdirSync(content)], { cwd: content })
    const digest = await fileDigest(join(shop, lies.file))
    await expect(install({ wheels: { ...wheels, wheels: [{ ...lies, sha256: digest }] } })).rejects.toMatchObject({
      code: 'ARC6034',
      params: { path: expect.stringMatching(/nvidia\/lies\.so$/), reason: expect.stringContaining('SHA-256') },
    })
  })

  it('asks for the disk before anything is fetched', async () => {
    const failed = install({ freeBytes: async () => 100 })
    await expect(failed).rejects.toMatchObject({ code: 'ARC6032', params: { free: 100 } })
    expect(fetched).toEqual([])
  })

  it('several at once fetch it once', async () => {
    const waits: string[] = []
    const onProgress = ({ what }: InstallEvent) => waits.push(what)
    const homes = await Promise.all([1, 2, 3].map(() => install({ onProgress })))
    expect(new Set(homes.map(({ home }) => home)).size).toBe(1)
    expect(fetched).toEqual(['tools', 'cublas', 'plugin'])
    expect(waits).toContain(`CUDA, by another arcc (process ${process.pid})`)
  })

  it('the lock of a process that has ended counts for nothing', async () => {
    mkdirSync(join(cache, 'cuda'), { recursive: true })
    const ended = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim()
    const host = execFileSync('hostname', { encoding: 'utf8' }).trim()
    writeFileSync(join(cache, 'cuda/cuda12-test.lock'), JSON.stringify({ pid: Number(ended), host }))
    expect(await install()).toMatchObject({ home: cudaHome(wheels) })
  })

  it('is listed and removed, with what is not finished', async () => {
    await install()
    mkdirSync(join(cache, 'cuda/cuda12-0.1.part'), { recursive: true })
    mkdirSync(join(cache, 'plugins'), { recursive: true })
    const found = await listInstalled()
    expect(found.map(({ group, state }) => [group, state])).toEqual([
      ['cuda', 'part'],
      ['cuda', 'whole'],
    ])
    expect(found[1]?.bytes).toBeGreaterThan(0)
    expect((await removeInstalled('cuda')).length).toBe(2)
    expect(readdirSync(join(cache, 'cuda'))).toEqual([])
    expect(await removeInstalled('cuda')).toEqual([])
  })
})

it('a driver that is too old for CUDA 12 is an error, before anything is fetched', async () => {
  await expect(installCuda({ wheels: noWheels, driver: driver(11), download: buy })).rejects.toMatchObject({
    code: 'ARC6031',
    params: { version: '470.1', cuda: '11.4' },
  })
  expect(existsSync(cache)).toBe(false)
})

describe('the pinned wheels', () => {
  it.each(pluginTable.map(({ platform }) => platform))('of %s', (platform) => {
    const { wheels, plugin, name } = cudaWheels(platform)
    expect(name).toContain(platform)
    expect(wheels.map((wheel) => wheel.library)).toContain(plugin)
    expect(wheels).toHaveLength(8)
    expect(new Set(wheels.map((wheel) => wheel.sha256)).size).toBe(8)
    for (const wheel of wheels) {
      expect(wheel.platform).toBe(platform)
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(wheel.file).toContain(`-${wheel.version}-`)
      expect(wheel.unpacked).toBeGreaterThan(wheel.bytes)
    }
  })

  it('say where there are none', () => {
    expect(() => cudaWheels('win32-x64')).toThrow(anError('ARC6030', { known: 'linux-x64 and linux-arm64' }))
  })
})
