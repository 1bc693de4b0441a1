/** The launcher: when it builds, and that the build runs, on a small package with the same structure. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { build, isStale, sourceFolders } from '../../bin/build.js'

const files = {
  'package.json': '{ "name": "small", "type": "module" }',
  'bin/build.js': '',
  'cli/main.ts': `
    import { Worker } from 'node:worker_threads'
    const { greet } = await import('../grammar/greet.ts')
    const worker = new Worker(new URL('../runtime/data/echo-worker.ts', import.meta.url), { workerData: greet('worker') })
    worker.on('message', (text: string) => console.log(text))
  `,
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
const entry = () => path('dist/arcc.js')

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
  for (const name of [...Object.keys(files), ...sourceFolders, 'runtime/data']) touch(name, -100)
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

test('the bundle runs, its worker and its lazy chunk too, and the sources are not needed', async () => {
  expect(await build(root)).toBe(entry())
  for (const folder of sourceFolders) rmSync(path(folder), { recursive: true })
  expect(execFileSync(process.execPath, [entry()], { encoding: 'utf8' })).toBe('hello main, hello worker\n')
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
  touch('dist/arcc.js', -50)
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
  expect(execFileSync(process.execPath, [entry()], { encoding: 'utf8' })).toContain('hello')
})

test('chunks of an earlier build stay for two hours, for those who still run on them', async () => {
  await build(root)
  const chunks = () => readdirSync(path('dist')).filter((name) => name.startsWith('greet-') && name.endsWith('.js'))
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
