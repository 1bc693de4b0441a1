/** Where CUDA's libraries are found, and that they are checked and opened; small libraries replace NVIDIA's. */
import { chmodSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  describeInstallation,
  findCudaInstallation,
  findOutside,
  inspectInstallation,
  openCudaLibraries,
} from '../../../runtime/cuda/libraries.ts'
import { librariesOf } from '../../../runtime/cuda/library-table.ts'
import { openLibrary } from '../../../runtime/native-library.ts'
import { libraryLength } from '../../../runtime/whole-library.ts'
import { PjrtLibrary } from '../../../runtime/xla/pjrt/library.ts'
import { buildLibrary, hasCompiler } from '../../helpers/compiler.ts'
import { anError } from '../../helpers/facts.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
let round = 0
let site = ''

function write(path: string, text = ''): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

beforeEach(() => {
  round += 1
  site = join(folder, `site-${round}`)
  vi.stubEnv('ARCC_CACHE', join(folder, 'cache'))
  vi.stubEnv('ARCC_XLA_PLUGIN', '')
})

afterEach(() => vi.unstubAllEnvs())

const pluginOf = (major: 12 | 13) => join(site, `jax_plugins/xla_cuda${major}/xla_cuda_plugin.so`)

/** The files of a `site-packages` with JAX's CUDA plugin. */
function makeSite(major: 12 | 13, { without = [] as readonly string[], tools = true } = {}): string {
  for (const { name, folder: own, file } of librariesOf(major)) {
    if (!without.includes(name)) write(join(site, 'nvidia', own, 'lib', file))
  }
  const data = join(site, 'nvidia', major === 13 ? 'cu13' : 'cuda_nvcc')
  if (tools) {
    write(join(data, 'bin/ptxas'))
    write(join(data, 'nvvm/libdevice/libdevice.10.bc'))
  }
  return write(pluginOf(major))
}

const noTools = { PATH: join(folder, 'nothing') }

describe('finding', () => {
  it.each([12, 13] as const)('the parts of CUDA %i beside the plugin', (major) => {
    const plugin = makeSite(major)
    const found = describeInstallation('named', plugin, noTools)
    expect(found).toMatchObject({ source: 'named', plugin, cudaMajor: major, ptxas: true, libdevice: true })
    expect(found.dataFolder).toBe(join(site, 'nvidia', major === 13 ? 'cu13' : 'cuda_nvcc'))
    expect(found.libraries.filter(({ path }) => path === undefined)).toEqual([])
    expect(found.libraries.find(({ name }) => name === 'cublas')?.path).toBe(
      join(site, 'nvidia', major === 13 ? 'cu13/lib/libcublas.so.13' : 'cublas/lib/libcublas.so.12'),
    )
  })

  it('ptxas in a CUDA of the system, by its variable or on the path', () => {
    const plugin = makeSite(13, { tools: false })
    const toolkit = join(site, 'toolkit')
    write(join(toolkit, 'bin/ptxas'))
    write(join(toolkit, 'nvvm/libdevice/libdevice.10.bc'))
    for (const env of [{ ...noTools, CUDA_HOME: toolkit }, { PATH: join(toolkit, 'bin') }])
      expect(describeInstallation('named', plugin, env)).toMatchObject({ dataFolder: toolkit, ptxas: true })
  })

  it('the one that ARCC_XLA_PLUGIN names, and not a plugin of the CPU', async () => {
    const plugin = makeSite(12)
    expect(await findCudaInstallation({ ...noTools, ARCC_XLA_PLUGIN: plugin })).toMatchObject({
      source: 'named',
      plugin,
    })
    expect(await findCudaInstallation({ ...noTools, ARCC_XLA_PLUGIN: '/opt/pjrt_c_api_cpu_plugin.so' })).toBeUndefined()
  })

  it.runIf(process.platform !== 'win32')("a Python's, where arcc has none of its own", async () => {
    const plugin = makeSite(12)
    const bin = join(site, 'bin')
    write(join(bin, 'python3'), `#!/bin/sh\necho ${join(site, 'jax_plugins')}\n`)
    chmodSync(join(bin, 'python3'), 0o755)
    expect(await findCudaInstallation({ PATH: bin })).toMatchObject({ source: 'site-packages', plugin })
  })

  it('none, where there is neither', async () => {
    expect(await findCudaInstallation(noTools)).toBeUndefined()
  })
})

describe.runIf(hasCompiler)('opening (libraries built with cc; skipped where there is none)', () => {
  /** A site whose libraries can be loaded; each returns its number. */
  function makeLibraries(without: readonly string[] = []) {
    makeSite(12, { without: librariesOf(12).map(({ name }) => name) })
    buildLibrary(pluginOf(12), 'int plugin(void) { return 1; }')
    for (const { name, folder: own, file } of librariesOf(12)) {
      if (!without.includes(name))
        buildLibrary(join(site, 'nvidia', own, 'lib', file), `int ${name}_there(void) { return ${round}; }`)
    }
    return describeInstallation('named', pluginOf(12), noTools)
  }

  it('says which library is missing, and what gets it', () => {
    const installation = makeLibraries(['cudnn', 'nccl'])
    expect(() => openCudaLibraries(installation, 1)).toThrow(
      expect.objectContaining({
        code: 'ARC6033',
        params: { what: 'library cudnn', file: 'libcudnn.so.9' },
        hint: expect.stringContaining('arcc install cuda'),
      }),
    )
  })

  it('wants NCCL for two GPUs alone', () => {
    const installation = makeLibraries(['nccl', 'cupti'])
    openCudaLibraries(installation, 1)
    expect(() => openCudaLibraries(installation, 2)).toThrow(anError('ARC6033', { what: 'library nccl' }))
  })

  it('then they are found by their names, as the plugin looks for them', () => {
    openCudaLibraries(makeLibraries(), 2)
    for (const { name, file } of librariesOf(12))
      expect(openLibrary(file).func(`int ${name}_there()`)()).toBeGreaterThan(0)
    const lacking = { ...makeLibraries(), libraries: [{ name: 'cudnn', path: undefined }] }
    expect(findOutside(lacking)).toEqual(['cudnn'])
  })

  it('refuses a library that was cut off, which would end the process', async () => {
    const installation = makeLibraries()
    const cudnn = installation.libraries.find(({ name }) => name === 'cudnn')?.path ?? ''
    truncateSync(cudnn, statSync(cudnn).size - 100)
    const expected = {
      code: 'ARC6034',
      params: { path: cudnn, reason: expect.stringMatching(/\d+ of \d+ bytes/), install: 'cuda' },
    }
    expect(() => openCudaLibraries(installation, 1)).toThrow(expect.objectContaining(expected))
    expect(await inspectInstallation(installation)).toMatchObject(expected)
  })

  it('refuses a plugin that was cut off, of any platform', () => {
    const { plugin } = makeLibraries()
    expect(libraryLength(plugin)).toEqual({ has: statSync(plugin).size, wants: statSync(plugin).size })
    truncateSync(plugin, 5000)
    expect(() => PjrtLibrary.load(plugin)).toThrow(
      expect.objectContaining({
        code: 'ARC6005',
        params: { path: plugin, reason: expect.stringContaining('it has 5000 of') },
      }),
    )
  })

  it('wants ptxas and libdevice', () => {
    const installation = makeLibraries()
    expect(() => openCudaLibraries({ ...installation, ptxas: false }, 1)).toThrow(
      anError('ARC6033', { what: 'assembler ptxas' }),
    )
    expect(() => openCudaLibraries({ ...installation, libdevice: false }, 1)).toThrow(
      anError('ARC6033', { what: 'libdevice' }),
    )
  })

  it('says what the loader says of a file that is no library', () => {
    const installation = makeLibraries(['nvrtc'])
    const path = write(join(site, 'nvidia/cuda_nvrtc/lib/libnvrtc.so.12'), 'text')
    const libraries = installation.libraries.map((one) => (one.name === 'nvrtc' ? { ...one, path } : one))
    expect(() => openCudaLibraries({ ...installation, libraries }, 1)).toThrow(
      anError('ARC6035', { what: 'library nvrtc', path }),
    )
  })
})
