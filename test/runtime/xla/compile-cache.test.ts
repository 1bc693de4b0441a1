/** The compile cache without a device: what is verified, how it is keyed, marks of first runs, folders that cannot be written. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { sealOf, unseal } from '../../../runtime/cache/sealed.ts'
import { isRunning, processName } from '../../../runtime/process-name.ts'
import { processorOf } from '../../../runtime/processor.ts'
import { cacheKey, createCompileCache } from '../../../runtime/xla/compile-cache.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const key = 'ab'.repeat(32)
const other = 'cd'.repeat(32)
const program = Buffer.from(Uint8Array.from({ length: 5000 }, (_, i) => (i * 37) % 251))
let folder = ''
let count = 0
let warnings: string[] = []

function open() {
  return createCompileCache((message) => warnings.push(message))
}

const entry = (name = key) => join(folder, 'compiled', name)
const marks = () => {
  try {
    return readdirSync(join(folder, 'first-runs'))
  } catch {
    return []
  }
}

/** The name of a process of this computer that has ended. */
function endedProcess(): string {
  const [, , computer] = processName().split('.')
  const pid = need(spawnSync(process.execPath, ['-e', '']).pid, 'a process')
  return `${pid}.1.${computer}`
}

/** Leaves the mark of a process. */
function leaveMark(process: string, crashes: number): string {
  mkdirSync(join(folder, 'first-runs'), { recursive: true })
  const path = join(folder, 'first-runs', `${key}-${crashes}-${process}-0.1`)
  writeFileSync(path, '')
  return path
}

beforeEach(() => {
  count++
  folder = join(root, `cache-${count}`)
  warnings = []
  vi.stubEnv('ARCC_CACHE', folder)
})
afterEach(() => vi.unstubAllEnvs())

describe('an entry', () => {
  it('comes back as it was written, and only under its own key', async () => {
    const cache = open()
    await cache.write(key, () => program)
    expect(await cache.read(key, 'step')).toEqual(program)
    expect(await cache.read(other, 'step')).toBeUndefined()
    writeFileSync(entry(other), readFileSync(entry()))
    expect(await cache.read(other, 'step')).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('does not begin with its own key')])
    expect(readdirSync(join(folder, 'compiled'))).toEqual([key])
  })

  it('that was used longest ago is deleted beyond two gibibytes, at the first one that a cache writes', async () => {
    const long = 'ef'.repeat(32)
    const leaveLong = () => {
      writeFileSync(entry(long), '')
      truncateSync(entry(long), 2 * 2 ** 30)
      utimesSync(entry(long), 1, 1)
    }
    mkdirSync(join(folder, 'compiled'), { recursive: true })
    leaveLong()
    const cache = open()
    await cache.write(key, () => program)
    expect(readdirSync(join(folder, 'compiled')).sort()).toEqual([key])
    leaveLong()
    await cache.write(other, () => program)
    expect(readdirSync(join(folder, 'compiled')).sort()).toEqual([key, other, long])
    await open().write(other, () => program)
    expect(readdirSync(join(folder, 'compiled')).sort()).toEqual([key, other])
  })

  it('with one flipped bit is never used: 200 of them', async () => {
    const cache = open()
    const random = randomOf('flips')
    for (let i = 0; i < 200; i++) {
      await cache.write(key, () => program)
      const bytes = readFileSync(entry())
      // The line before the contents is short: every other flip hits it.
      const at = Math.floor(random() * (i % 2 === 0 ? bytes.length : bytes.length - program.length))
      bytes[at] = need(bytes[at], 'a byte') ^ (1 << Math.floor(random() * 8))
      writeFileSync(entry(), bytes)
      expect(await cache.read(key, 'step')).toBeUndefined()
      expect(await cache.read(key, 'step')).toBeUndefined()
    }
    // One for each: after it the entry is gone.
    expect(warnings).toHaveLength(200)
  })

  it.each([0, 1, 100, 142, 143, 144, 2000])('cut to %d bytes is never used', (length) => {
    const whole = Buffer.concat([sealOf(key, program), program])
    expect(unseal(key, whole.subarray(0, length)).contents).toBeUndefined()
    expect(unseal(key, Buffer.concat([whole, Buffer.from([0])])).contents).toBeUndefined()
    expect(unseal(key, whole).contents).toEqual(program)
  })
})

describe('the key', () => {
  const parts = { program: 'module {}', options: Buffer.from([1]), plugin: 'p', device: 'cpu' }
  const cpuinfo = (flags: string, mhz: string) =>
    `processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: ${mhz}\nflags\t\t: ${flags}\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\nflags\t\t: ${flags}\n`

  it('depends on the features of the processor, not on what changes from moment to moment', () => {
    const of = (text: string) => cacheKey(parts, processorOf(text))
    expect(of(cpuinfo('avx2 fma', '2596'))).toBe(of(cpuinfo('avx2 fma', '3000')))
    expect(of(cpuinfo('avx2 fma', '2596'))).not.toBe(of(cpuinfo('avx2 fma avx512f', '2596')))
    expect(processorOf(cpuinfo('avx2', '1'))).toBe('model name : AMD EPYC\nflags : avx2')
  })
})

describe('a mark of a first run', () => {
  it('is there during the run and not afterwards', async () => {
    const { firstRun, isTrusted } = await open().open(key, 'step')
    expect(isTrusted).toBe(true)
    firstRun.begin()
    expect(marks()).toHaveLength(1)
    firstRun.passed()
    firstRun.begin()
    expect(marks()).toEqual([])
  })

  it('of a process that has ended drops the entry, and the next one says more', async () => {
    await open().write(key, () => program)
    leaveMark(endedProcess(), 0)
    const second = await open().open(key, 'step')
    expect(second.isTrusted).toBe(false)
    expect(await open().read(key, 'step')).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('is recompiled instead of loaded')])
    // The recompiled one ends its process as well.
    second.firstRun.begin()
    const [mine = ''] = marks()
    second.firstRun.end()
    leaveMark(endedProcess(), Number(mine.split('-')[1]))
    expect((await open().open(key, 'step')).isTrusted).toBe(false)
    expect(warnings[1]).toMatch(/^2 processes in a row have ended .* although it was recompiled.*--engine tfjs/)
    expect((await open().open(key, 'step')).isTrusted).toBe(true)
    expect(warnings).toHaveLength(2)
  })

  it('of a process that still runs disturbs nobody', async () => {
    await open().write(key, () => program)
    const path = leaveMark(processName(), 0)
    expect((await open().open(key, 'step')).isTrusted).toBe(true)
    expect(await open().read(key, 'step')).toEqual(program)
    expect(marks()).toHaveLength(1)
    expect(path).toContain(key)
  })

  it('of a process whose number another process has now counts as left', () => {
    const [pid, start, computer] = processName().split('.')
    expect(isRunning(`${pid}.${start}.${computer}`)).toBe(true)
    if (process.platform === 'linux') expect(isRunning(`${pid}.1.${computer}`)).toBe(false)
    expect(isRunning(`${pid}.${start}.ffffffffffff`)).toBeUndefined()
  })

  it('of another computer counts once it is old', async () => {
    const path = leaveMark('1.1.ffffffffffff', 0)
    expect((await open().open(key, 'step')).isTrusted).toBe(true)
    const before = new Date(Date.now() - 3_600_000)
    utimesSync(path, before, before)
    expect((await open().open(key, 'step')).isTrusted).toBe(false)
  })
})

describe('a folder that cannot be written', () => {
  it('is one warning, and ends nothing', async () => {
    writeFileSync(folder, 'a file in its place')
    const cache = open()
    const { firstRun } = await cache.open(key, 'step')
    firstRun.begin()
    firstRun.passed()
    await cache.write(key, () => program)
    await cache.write(key, () => program)
    expect(await cache.read(key, 'step')).toBeUndefined()
    expect(warnings).toEqual([
      expect.stringMatching(/cannot be kept in .*: (a part of the path is not a folder|it already)/),
    ])
  })

  it('a program that cannot be serialized is one warning too', async () => {
    await open().write(key, () => {
      throw new Error('too large')
    })
    expect(warnings).toEqual([expect.stringContaining('too large')])
  })

  it.skipIf(process.getuid?.() === 0)('may be read-only', async () => {
    await open().write(key, () => program)
    chmodSync(join(folder, 'compiled'), 0o555)
    const cache = open()
    await cache.write(other, () => program)
    expect(await cache.read(key, 'step')).toEqual(program)
    expect(warnings).toEqual([expect.stringContaining('permission denied')])
    chmodSync(join(folder, 'compiled'), 0o755)
  })
})
