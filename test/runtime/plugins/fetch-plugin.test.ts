/** Finding and downloading the plugin, with a replacement for Python. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cacheRoot } from '../../../runtime/plugins/cache-root.ts'
import { fetchPlugin, locatePlugin } from '../../../runtime/plugins/fetch-plugin.ts'
import type { FetchEvent } from '../../../runtime/plugins/fetch-wheel.ts'
import { findPlugin, type PluginEntry, pluginTable } from '../../../runtime/plugins/plugin-table.ts'
import { hugePageEnvironment } from '../../../runtime/xla/huge-pages.ts'

/** No file in these tests has this digest. */
const entry: PluginEntry = {
  platform: 'test-x64',
  wheel: 'a-plugin',
  version: '1.0',
  file: 'a_plugin-1.0-py3-none-any.whl',
  bytes: 7,
  unpacked: 7,
  sha256: '0'.repeat(64),
  library: 'a_plugin/lib.so',
  api: '0.100',
}

let folder = ''

/** Sets the path to a single `python3`: a shell script that answers `pip download` and `zipfile -e`. */
async function installPython(download: string): Promise<void> {
  const bin = join(folder, 'bin')
  await mkdir(bin, { recursive: true })
  const script = [
    '#!/bin/sh',
    'if [ "$2" = pip ]; then',
    '  while [ "$1" != --dest ]; do shift; done',
    `  ${download}`,
    'else',
    '  /bin/mkdir -p "$5/a_plugin"; printf library > "$5/a_plugin/lib.so"',
    'fi',
  ]
  await writeFile(join(bin, 'python3'), script.join('\n'))
  await chmod(join(bin, 'python3'), 0o755)
  vi.stubEnv('PATH', bin)
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

const goodDownload = `printf 'a wheel' > "$2/${entry.file}"`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arcc-fetch-'))
  vi.stubEnv('ARCC_CACHE', join(folder, 'cache'))
  vi.stubEnv('ARCC_XLA_PLUGIN', '')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

describe('fetching', () => {
  it('downloads, checks, unpacks, and does it once', async () => {
    await installPython(goodDownload)
    const events: FetchEvent[] = []
    const library = await fetchPlugin({ ...entry, sha256: digestOf('a wheel') }, (event) => events.push(event))
    expect(library).toBe(join(folder, 'cache/plugins/a-plugin-1.0-test-x64/a_plugin/lib.so'))
    expect(new Set(events.map((event) => event.phase))).toEqual(new Set(['download', 'verify', 'unpack', 'ready']))
    expect(events.findLast((event) => event.phase === 'download')).toEqual({ phase: 'download', bytes: 7, total: 7 })
    await installPython('exit 1')
    expect(await fetchPlugin(entry)).toBe(library)
    expect(await readdir(join(folder, 'cache/plugins'))).toEqual(['a-plugin-1.0-test-x64'])
  })

  it('downloads again what is damaged', async () => {
    await installPython(goodDownload)
    const good = { ...entry, sha256: digestOf('a wheel') }
    const library = await fetchPlugin(good)
    expect(await fetchPlugin(good)).toBe(library)
    await writeFile(library, 'librarz')
    expect(await fetchPlugin(good)).toBe(library)
    expect(await readFile(library, 'utf8')).toBe('library')
    expect(await readdir(join(folder, 'cache/plugins'))).toEqual(['a-plugin-1.0-test-x64'])
  })

  it('several at once all end with the same library', async () => {
    await installPython(goodDownload)
    const good = { ...entry, sha256: digestOf('a wheel') }
    const paths = await Promise.all(Array.from({ length: 4 }, () => fetchPlugin(good)))
    expect(new Set(paths).size).toBe(1)
    expect(await readdir(join(folder, 'cache/plugins'))).toEqual(['a-plugin-1.0-test-x64'])
  })

  it('refuses a wheel with another digest and leaves nothing', async () => {
    await installPython(goodDownload)
    await expect(fetchPlugin(entry)).rejects.toMatchObject({
      code: 'ARC6004',
      params: { file: 'a_plugin-1.0-py3-none-any.whl' },
    })
    expect(await readdir(join(folder, 'cache/plugins'))).toEqual([])
  })

  it('tells what pip said', async () => {
    await installPython('echo "ERROR: No matching distribution found for a-plugin==1.0" >&2; exit 1')
    await expect(fetchPlugin(entry)).rejects.toMatchObject({
      code: 'ARC6003',
      params: {
        requirement: 'a-plugin==1.0',
        output: 'ERROR: No matching distribution found for a-plugin==1.0',
      },
    })
  })

  it('tells that Python or pip is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'nothing'))
    await expect(fetchPlugin(entry)).rejects.toMatchObject({
      code: 'ARC6002',
      params: { command: expect.stringContaining('python3') },
    })
    await installPython('echo "/usr/bin/python3: No module named pip" >&2; exit 1')
    await expect(fetchPlugin(entry)).rejects.toMatchObject({ code: 'ARC6002' })
  })

  it('tells that the cache cannot be written', async () => {
    await writeFile(join(folder, 'cache'), '')
    await expect(fetchPlugin(entry)).rejects.toMatchObject({
      code: 'ARC6008',
      hint: expect.stringContaining('ARCC_CACHE'),
    })
  })
})

describe('choosing', () => {
  it('takes the library that is named', async () => {
    vi.stubEnv('ARCC_XLA_PLUGIN', '/opt/pjrt.so')
    expect(await locatePlugin()).toBe('/opt/pjrt.so')
    expect(await locatePlugin('/opt/other.so')).toBe('/opt/other.so')
  })

  it('knows one plugin per platform, each pinned', () => {
    expect(pluginTable.map((known) => known.platform)).toEqual(['linux-x64', 'linux-arm64'])
    for (const known of pluginTable) {
      expect(known.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(known.file).toContain(known.version)
      expect(findPlugin(known.platform)).toBe(known)
    }
    expect(findPlugin('win32-x64')).toBeUndefined()
  })

  it('finds the cache folder', () => {
    expect(cacheRoot({ ARCC_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a')
    expect(cacheRoot({ XDG_CACHE_HOME: '/b' })).toBe('/b/arcc')
    expect(cacheRoot({})).toMatch(/\.cache\/arcc$/)
  })
})

describe.runIf(process.platform === 'linux')('huge pages', () => {
  const madvise = () => 'always [madvise] never\n'

  it('are asked for once, beside other tunables', () => {
    expect(hugePageEnvironment({ HOME: '/h' }, madvise)).toEqual({
      HOME: '/h',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    })
    expect(hugePageEnvironment({ GLIBC_TUNABLES: 'a.b=1' }, madvise)?.GLIBC_TUNABLES).toBe(
      'a.b=1:glibc.malloc.hugetlb=1',
    )
    expect(hugePageEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' }, madvise)).toBeUndefined()
  })

  it('are not, where the kernel gives them anyway, never, or does not say', () => {
    expect(hugePageEnvironment({}, () => '[always] madvise never')).toBeUndefined()
    expect(hugePageEnvironment({}, () => 'always madvise [never]')).toBeUndefined()
    expect(
      hugePageEnvironment({}, () => {
        throw new Error('no such file')
      }),
    ).toBeUndefined()
  })
})
