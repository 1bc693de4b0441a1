import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { keepList, keptList, originOf, timesOf } from '../../../../runtime/data/kept/kept-lists.ts'
import { aMinuteLater } from '../../../helpers/later.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
aMinuteLater()
vi.stubEnv('ARCC_CACHE', join(folder, 'cache'))
afterAll(() => vi.unstubAllEnvs())
const room = join(folder, 'cache', 'indexes')
const file = join(folder, 'data')
const key = { kind: 'list', path: file, settings: { label: 'id' } }

const shared = <A extends Float64Array | Uint32Array>(array: A, values: readonly number[]): A => {
  array.set(values)
  return array
}
const f64 = (...values: number[]) =>
  shared(new Float64Array(new SharedArrayBuffer(8 * values.length)), values) as Float64Array<SharedArrayBuffer>
const u32 = (...values: number[]) =>
  shared(new Uint32Array(new SharedArrayBuffer(4 * values.length)), values) as Uint32Array<SharedArrayBuffer>

const list = {
  facts: { classes: 3, name: 'ä', wraps: [1, 2] },
  arrays: {
    records: f64(8, 2 ** 33, 2 ** 33 + 4),
    lines: f64(3, 2 ** 32 + 5, 2 ** 32 + 5),
    backwards: f64(9, 7.5, -1),
    labels: u32(0, 2 ** 32 - 1, 7),
    none: u32(),
  },
}

beforeEach(() => {
  rmSync(room, { recursive: true, force: true })
  writeFileSync(file, 'content')
  keepList(key, originOf([file]), list)
})

const entry = () => join(room, readdirSync(room)[0] ?? '')

test('what was kept comes back, in shared memory', () => {
  const kept = keptList(key, originOf([file]))
  expect(kept).toEqual(list)
  expect(kept?.arrays.labels?.buffer).toBeInstanceOf(SharedArrayBuffer)
})

test.each([
  ['another kind', { ...key, kind: 'tar' }],
  ['another path', { ...key, path: 'x' }],
  ['other settings', { ...key, settings: {} }],
])('%s has no entry', (_, other) => {
  expect(keptList(other, originOf([file]))).toBeUndefined()
})

test('files that have changed have none, even with the old size and time', () => {
  const { atime, mtime } = statSync(file)
  writeFileSync(file, 'CONTENT')
  utimesSync(file, atime, mtime)
  expect(keptList(key, originOf([file]))).toBeUndefined()
  expect(readdirSync(room)).toEqual([])
  rmSync(file)
  expect(originOf([file])).toBeUndefined()
  keepList(key, originOf([file]), list)
  expect(readdirSync(room)).toEqual([])
})

test('files that changed a moment ago are not kept: they may change again within the resolution of their times', () => {
  vi.setSystemTime(Date.now() - 60_000)
  expect(originOf([file])).toBeUndefined()
  expect(timesOf([file])).toMatch(/^[0-9a-f]{64}$/)
  utimesSync(file, 1e9, 1e9)
  expect(originOf([file])).toBeUndefined()
  vi.setSystemTime(Date.now() + 60_000)
  expect(originOf([file])).toBe(timesOf([file]))
})

test('an entry of a version with other rules is not used', () => {
  const [path, origin] = [entry(), originOf([file])]
  const bytes = readFileSync(path)
  const length = bytes.readUInt32LE(4)
  const header = bytes.subarray(12, 12 + length)
  expect(JSON.parse(JSON.parse(header.toString()).key)).toEqual([expect.any(Number), 'list', file, { label: 'id' }])
  const at = header.indexOf('"key":"[') + '"key":"['.length
  header.write(String((Number(header.toString('latin1', at, at + 1)) + 1) % 10), at)
  bytes.writeUInt32LE(crc32(header), 8)
  writeFileSync(path, bytes)
  expect(keptList(key, origin)).toBeUndefined()
})

test('an entry with any damaged byte, or of any other length, is removed and not used', () => {
  const bytes = readFileSync(entry())
  const origin = originOf([file])
  const path = entry()
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
    writeFileSync(path, damaged)
    expect(keptList(key, origin), `byte ${at}`).toBeUndefined()
    expect(readdirSync(room)).toEqual([])
  }
  for (const other of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.alloc(0)]) {
    writeFileSync(path, other)
    expect(keptList(key, origin)).toBeUndefined()
  }
  writeFileSync(path, bytes)
  expect(keptList(key, origin)).toEqual(list)
})

test('an entry under the name of another one is not used', () => {
  const bytes = readFileSync(entry())
  rmSync(room, { recursive: true })
  keepList({ ...key, path: 'x' }, originOf([file]), list)
  writeFileSync(entry(), bytes)
  expect(keptList({ ...key, path: 'x' }, originOf([file]))).toBeUndefined()
})

test('a room that cannot be written is no error', () => {
  rmSync(room, { recursive: true })
  closeSync(openSync(room, 'w'))
  keepList(key, originOf([file]), list)
  expect(keptList(key, originOf([file]))).toBeUndefined()
})
