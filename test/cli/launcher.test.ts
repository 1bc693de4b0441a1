/** The launcher: when it builds, and that the build runs, on a small package with the same structure. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { build } from '../../bin/build.mjs'
import { isStale, sourceFolders } from '../../bin/stale.js'
import { packageFolder } from '../../runtime/package-folder.ts'

/** A file of this package. */
const own = (name: string) => readFileSync(join(packageFolder, name), 'utf8')

const files = {
  'package.json': '{ "name": "small", "version": "1.2.3", "type": "module" }',
  'bin/build.mjs': '',
  'cli/main.ts': `
    import { Worker } from 'node:worker_threads'
    void import('../grammar/greet.ts').then(({ greet }) => {
      const worker = new Worker(new URL('../runtime/data/echo-worker.ts', import.meta.url), { workerData: greet('worker') })
      worker.on('message', (text: string) => console.log(text))
    })
  `,
  'cli/launch.ts': own('cli/launch.ts'),
  'runtime/plugins/cache-root.ts': own('runtime/plugins/cache-root.ts'),
  'runtime/replace-file.ts': own('runtime/replace-file.ts'),
  'runtime/process-name.ts': own('runtime/process-name.ts'),
  'runtime/sync-folder.ts': own('runtime/sync-folder.ts'),
  'grammar/greet.ts': 'export const greet = (name: string): string => "hello " + name',
  'compiler/unused.ts': 'export {}',
  'runtime/data/echo-worker.ts': `
    import { parentPort, workerData } from 'node:worker_threads'
    import { greet } from '../../grammar/greet.ts'
    parentPort?.postMessage(greet('main') + ', ' + workerData)
  `,
} as const

let root: string
const path = (name: string) => join(root, name)
const entry = () => path('dist/arcc.cjs')

const cache = () => path('cache')
const entries = () => readdirSync(join(cache(), 'code'))

/** Runs the bundle; returns what it prints. */
function start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): string {
  const environment = { ...process.env, ARCC_CACHE: cache(), ...env }
  return execFileSync(process.execPath, [entry(), ...args], { encoding: 'utf8', env: environment })
}

/** Sets the modification time, in seconds from now. */
function touch(name: string, seconds: number) {
  const time = new Date(Date.now() + seconds * 1000)
  utimesSync(path(name), time, time)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'arcc-launcher-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), text)
  }
  for (const name of Object.keys(files)) for (let at = name; at !== '.'; at = dirname(at)) touch(at, -100)
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

test('the bundle runs, its worker and its lazy chunk too, and the sources are not needed', async () => {
  expect(await build(root)).toBe(entry())
  for (const folder of sourceFolders) rmSync(path(folder), { recursive: true })
  expect(start()).toBe('hello main, hello worker\n')
})

test('it builds when there is nothing, and not again', async () => {
  expect(isStale(root)).toBe(true)
  await build(root)
  expect(isStale(root)).toBe(false)
})

test.each([...Object.keys(files), 'runtime/data'])('a newer %s makes it stale', async (name) => {
  await build(root)
  touch(name, 100)
  expect(isStale(root)).toBe(true)
})

test('a file that went away makes it stale', async () => {
  await build(root)
  touch('dist/arcc.cjs', -50)
  expect(isStale(root)).toBe(false)
  rmSync(path('compiler/unused.ts'))
  expect(isStale(root)).toBe(true)
})

test('a source that changes while it builds makes it stale', async () => {
  const building = build(root)
  touch('grammar/greet.ts', 1)
  await building
  expect(isStale(root)).toBe(true)
})

test('a package without sources is taken as it is', async () => {
  await build(root)
  for (const folder of sourceFolders) rmSync(path(folder), { recursive: true })
  touch('package.json', 100)
  expect(isStale(root)).toBe(false)
})

test('several processes may build at once; nothing half-written stays', async () => {
  await Promise.all([build(root), build(root), build(root)])
  expect(readdirSync(path('dist')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  expect(start()).toContain('hello')
})

test('the program of an earlier build stays for two hours, for those who still run on it', async () => {
  await build(root)
  const chunks = () => readdirSync(path('dist')).filter((name) => /^arcc-[A-Z0-9]+\.cjs$/.test(name))
  const [old] = chunks()
  writeFileSync(path('grammar/greet.ts'), 'export const greet = (name: string): string => "good day " + name')
  await build(root)
  expect(chunks()).toHaveLength(2)
  touch(`dist/${old}`, -8000)
  await build(root)
  expect(chunks()).toHaveLength(1)
  expect(existsSync(path(`dist/${old}`))).toBe(false)
})

test('a source that does not build leaves the last bundle alone', async () => {
  await build(root)
  const before = readFileSync(entry(), 'utf8')
  writeFileSync(path('cli/main.ts'), 'const = 1')
  await expect(build(root)).rejects.toThrow('cli/main.ts:1')
  expect(readFileSync(entry(), 'utf8')).toBe(before)
  expect(isStale(root)).toBe(true)
})

test('the code that V8 compiled is kept for each command, and taken at the next start', async () => {
  await build(root)
  start(['check'])
  start(['plan'])
  start(['plan', '--help'])
  start(['run'], { NODE_DISABLE_COMPILE_CACHE: '1' })
  expect(entries().map((name) => /-(\w+)\.bin$/.exec(name)?.[1])).toEqual(['check', 'plan'])
  const times = () => entries().map((name) => statSync(join(cache(), 'code', name)).mtimeMs)
  const before = times()
  expect(start(['check'])).toContain('hello')
  expect(times()).toEqual(before)
})

test.each([
  ['a flipped bit', (file: Buffer) => Buffer.from(file.map((byte, at) => (at === file.length >> 1 ? byte ^ 1 : byte)))],
  ['half a file', (file: Buffer) => file.subarray(0, file.length >> 1)],
  ['an empty file', () => Buffer.alloc(0)],
])('kept code with %s is not run, and replaced', async (_, damage) => {
  await build(root)
  start()
  const [name = ''] = entries()
  const file = join(cache(), 'code', name)
  const whole = readFileSync(file)
  writeFileSync(file, damage(whole))
  expect(start()).toBe('hello main, hello worker\n')
  expect(readFileSync(file)).toHaveLength(whole.length)
})

test('a changed program does not take the code of the former one, and a cache that cannot be written is no failure', async () => {
  await build(root)
  start()
  writeFileSync(path('grammar/greet.ts'), 'export const greet = (name: string): string => "HELLO " + name')
  await build(root)
  expect(start()).toContain('HELLO')
  expect(entries()).toHaveLength(2)
  expect(start([], { ARCC_CACHE: path('package.json') })).toContain('HELLO')
})

test('the version comes without the program', async () => {
  await build(root)
  expect(start(['--version'])).toBe('1.2.3\n')
  expect(start(['-V'])).toBe('1.2.3\n')
  expect(start(['--version', 'more'])).toContain('hello')
})
