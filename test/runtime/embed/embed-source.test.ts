/** Embeddings that are written to files: formats, options, damaged pictures, and going on after any interruption. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { formatOf } from '../../../runtime/embed/array-file.ts'
import type { Embedded, EmbedRequest } from '../../../runtime/embed/embed-request.ts'
import { embedSource } from '../../../runtime/embed/embed-source.ts'
import { openPictureSource } from '../../../runtime/embed/picture-source.ts'
import { workFolderOf } from '../../../runtime/embed/work-folder.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { f16ToF32 } from '../../../runtime/half.ts'
import { tryLock } from '../../../runtime/process-lock.ts'
import { openSafetensors } from '../../../runtime/safetensors.ts'
import { dataSpec } from '../../helpers/data-spec.ts'
import { anError } from '../../helpers/facts.ts'
import { fakeEmbedder, fakeEmbeddings, fakePicture, fakeRound, fakeWidth } from '../../helpers/fake-embedder.ts'
import { fuzzCount, seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

/** Pictures by their paths in a new folder. */
function pictures(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  for (const [path, bytes] of Object.entries(files)) {
    const file = join(folder, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
  return join(folder, name)
}

const numbered = (count: number, path: (i: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [path(i), fakePicture(i)]))

/** Three people with nine pictures each: four rounds, the last one of three pictures. */
const people = pictures(
  'people',
  numbered(27, (i) => `p${Math.floor(i / 9)}/${i % 9}.ppm`),
)
const loose = pictures(
  'loose',
  numbered(4, (i) => ['a, "b".ppm', 'c.ppm', 'deep/er/d.ppm', 'deep/e.ppm'][i] ?? ''),
)

interface Options extends Partial<Omit<EmbedRequest, 'embedder' | 'format'>> {
  readonly root?: string
  readonly file: string
  readonly scale?: number
  /** Aborts after this many pictures. */
  readonly stopAt?: number
}

function embed({ root = people, file, scale = 1, stopAt, ...options }: Options): Promise<Embedded> {
  const controller = new AbortController()
  return embedSource({
    ...{ flip: false, normalize: false, f16: false, skipDamaged: false, resume: false, force: false },
    embedder: fakeEmbedder(scale),
    network: { backbone: 'fake', weights: 'of the fake', precision: 'f32' },
    source: openPictureSource(dataSpec({ path: root })),
    format: need(formatOf(file), 'a format'),
    onProgress({ done }) {
      if (stopAt !== undefined && done >= stopAt) controller.abort(new Error('stop'))
    },
    signal: controller.signal,
    keepEvery: 0,
    ...options,
    file: join(folder, file),
  })
}

/** The rows of a version 1.0 file of numpy. */
function readNpy(path: string) {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00')
  expect(start % 64).toBe(0)
  expect(bytes[start - 1]).toBe(0x0a)
  const text = bytes.subarray(10, start).toString()
  const [, type, rows, width] =
    /^\{'descr': '(<f[24])', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/.exec(text) ?? []
  const { buffer } = Uint8Array.from(bytes.subarray(start))
  const numbers = type === '<f2' ? f16ToF32(new Uint16Array(buffer)) : new Float32Array(buffer)
  expect(numbers).toHaveLength(Number(rows) * Number(width))
  return Array.from({ length: Number(rows) }, (_, i) => [...numbers.subarray(i * fakeWidth, (i + 1) * fakeWidth)])
}

const originals = (numbers: readonly number[]) => numbers.map((i) => fakeEmbeddings(i).original)
const all = Array.from({ length: 27 }, (_, i) => i)
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8')

describe('formats', () => {
  test('npy, with names and labels beside it; nothing else is left', async () => {
    expect(await embed({ file: 'a.npy' })).toMatchObject({ interrupted: false, rows: 27, damaged: 0 })
    expect(readNpy(join(folder, 'a.npy'))).toEqual(originals(all))
    expect(textOf('a.npy.names.csv').split('\n').slice(0, 3)).toEqual(['name,label', 'p0/0.ppm,0', 'p0/1.ppm,0'])
    expect(readdirSync(folder).filter((name) => name.startsWith('a.'))).toEqual(['a.npy', 'a.npy.names.csv'])
  })

  test('safetensors, with labels', async () => {
    await embed({ file: 'a.safetensors' })
    const file = await openSafetensors(join(folder, 'a.safetensors'))
    const { data } = await file.read('embeddings')
    expect([...data]).toEqual(originals(all).flat())
    expect([...(await file.read('labels')).data]).toEqual(all.map((i) => Math.floor(i / 9)))
    expect(file.metadata.get('backbone')).toBe('fake')
    await file.close()
  })

  test.each([false, true])('parquet, f16: %s', async (f16) => {
    await embed({ file: 'a.parquet', f16, force: true })
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'a.parquet')) })
    const expected = all.map((i) => ({
      name: `p${Math.floor(i / 9)}/${i % 9}.ppm`,
      label: Math.floor(i / 9),
      embedding: fakeEmbeddings(i).original,
    }))
    expect(rows).toEqual(expected)
    expect(existsSync(join(folder, 'a.parquet.names.csv'))).toBe(false)
  })

  test('f16', async () => {
    await embed({ file: 'half.npy', f16: true })
    expect(readNpy(join(folder, 'half.npy'))).toEqual(originals(all))
    await expect(embed({ file: 'large.npy', f16: true, scale: 3000 })).rejects.toThrow(anError('ARC6824', {}))
  })
})

test('flip adds the mirror image; normalize divides by the length, and leaves zeros', async () => {
  const zero = pictures('zero', {
    '0.ppm': Uint8Array.from([...Buffer.from('P6\n4 4\n255\n'), ...new Uint8Array(48)]),
    '1.ppm': fakePicture(1),
  })
  await embed({ root: zero, file: 'flip.npy', flip: true })
  const { original, mirrored } = fakeEmbeddings(1)
  const sum = original.map((value, i) => value + (mirrored[i] ?? 0))
  expect(readNpy(join(folder, 'flip.npy'))).toEqual([[0, 0, 0], sum])
  await embed({ root: zero, file: 'flip.npy', flip: true, normalize: true, force: true })
  const length = Math.hypot(...sum)
  const expected = sum.map((value) => Math.fround(value / length))
  expect(readNpy(join(folder, 'flip.npy'))).toEqual([[0, 0, 0], expected])
})

describe('sources', () => {
  test('a folder with pictures of its own has names and no labels', async () => {
    await embed({ root: loose, file: 'loose.safetensors' })
    expect(textOf('loose.safetensors.names.csv')).toBe(
      'name,label\n"a, ""b"".ppm",\nc.ppm,\ndeep/e.ppm,\ndeep/er/d.ppm,\n',
    )
    const file = await openSafetensors(join(folder, 'loose.safetensors'))
    expect([...file.tensors.keys()]).toEqual(['embeddings'])
    await file.close()
  })

  test('one person is enough', async () => {
    const alone = pictures('alone', { 'p/0.ppm': fakePicture(3) })
    expect(await embed({ root: alone, file: 'alone.npy' })).toMatchObject({ rows: 1 })
  })

  test('a folder without pictures is refused', () => {
    const empty = pictures('empty', { 'p/README': new Uint8Array(3) })
    expect(() => openPictureSource(dataSpec({ path: empty }))).toThrow(anError('ARC6202', {}))
  })
})

describe('damaged pictures', () => {
  const cut = fakePicture(2).subarray(0, 20)
  const files = { ...numbered(20, (i) => `p${i % 2}/${i}.ppm`), 'p0/2.ppm': cut, 'p1/19.ppm': cut }
  const damaged = pictures('damaged', files)

  test('end it, and what is done is kept for when they are mended', async () => {
    const file = 'damaged.npy'
    await expect(embed({ root: damaged, file })).rejects.toThrow(ArccError)
    writeFileSync(join(damaged, 'p0/2.ppm'), fakePicture(2))
    writeFileSync(join(damaged, 'p1/19.ppm'), fakePicture(19))
    expect(await embed({ root: damaged, file, resume: true })).toMatchObject({ rows: 20 })
    for (const path of ['p0/2.ppm', 'p1/19.ppm']) writeFileSync(join(damaged, path), cut)
  })

  test('are left out and listed with skipDamaged, and a list of an earlier embedding goes', async () => {
    const file = 'skipped.npy'
    const result = await embed({ root: damaged, file, skipDamaged: true })
    expect(result).toMatchObject({ rows: 18, damaged: 2, damage: [{ name: 'p0/2.ppm' }, { name: 'p1/19.ppm' }] })
    const even = [0, 4, 6, 8, 10, 12, 14, 16, 18]
    const odd = [1, 3, 5, 7, 9, 11, 13, 15, 17]
    expect(readNpy(join(folder, file))).toEqual(originals([...even, ...odd]))
    expect(textOf('skipped.npy.names.csv').split('\n')).toHaveLength(1 + 18 + 1)
    expect(
      textOf('skipped.npy.damaged.csv')
        .split('\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['name', 'p0/2.ppm', 'p1/19.ppm', ''])
    await embed({ file, force: true })
    expect(existsSync(join(folder, 'skipped.npy.damaged.csv'))).toBe(false)
  })

  test('only damaged ones are an error, and nothing is left', async () => {
    const root = pictures('bad', { '0.ppm': cut, '1.ppm': cut })
    await expect(embed({ root, file: 'bad.npy', skipDamaged: true })).rejects.toThrow(
      anError('ARC6825', { pictures: 2 }),
    )
    expect(readdirSync(folder).filter((name) => name.startsWith('bad.'))).toEqual([])
  })
})

test('an embedding that is not finite is named', async () => {
  await expect(embed({ file: 'infinite.npy', scale: Number.POSITIVE_INFINITY })).rejects.toThrow(
    anError('ARC6824', { picture: 'p0/0.ppm' }),
  )
})

/** The files of an embedding as they should be. */
async function whole(ending: string) {
  const file = `whole${ending}`
  if (!existsSync(join(folder, file))) await embed({ file, flip: true })
  return readFileSync(join(folder, file))
}

describe('going on', () => {
  test.each(['.npy', '.safetensors', '.parquet'])('%s is the same, wherever it was interrupted', async (ending) => {
    const expected = await whole(ending)
    for (let stopAt = 0; stopAt < 27; stopAt += fakeRound) {
      const file = `part-${stopAt}${ending}`
      const result = await embed({ file, flip: true, stopAt })
      expect(result).toMatchObject({ interrupted: true, total: 27 })
      await expect(embed({ file, flip: true })).rejects.toThrow(anError('ARC6820', {}))
      expect(await embed({ file, flip: true, resume: true })).toMatchObject({ interrupted: false, rows: 27 })
      expect(readFileSync(join(folder, file))).toEqual(expected)
      expect(existsSync(workFolderOf(join(folder, file)))).toBe(false)
    }
  })

  test('something else is refused by name, and force starts anew', async () => {
    const file = 'other.npy'
    await embed({ file, stopAt: 8 })
    const others: readonly [Partial<Options>, RegExp][] = [
      [{ flip: true }, /--flip: false then, true now/],
      [{ normalize: true }, /--normalize/],
      [{ f16: true }, /--f16/],
      [{ network: { backbone: 'fake', weights: 'others', precision: 'f32' } }, /the weights are others/],
      [{ network: { backbone: 'fake', weights: 'of the fake', precision: 'bf16' } }, /--precision: f32 then, bf16 now/],
      [{ root: loose }, /the pictures are others\n- the number of pictures: 27 then, 4 now/],
    ]
    for (const [options, message] of others) {
      await expect(embed({ file, resume: true, ...options })).rejects.toThrow(message)
    }
    expect(await embed({ file, flip: true, force: true })).toMatchObject({ rows: 27 })
    expect(readFileSync(join(folder, file))).toEqual(await whole('.npy'))
    await expect(embed({ file, resume: true })).rejects.toThrow(anError('ARC6411', {}))
  })

  test('two processes do not write the same file', async () => {
    const file = 'locked.npy'
    mkdirSync(workFolderOf(join(folder, file)))
    const { lock } = await tryLock(join(workFolderOf(join(folder, file)), 'lock'))
    await expect(embed({ file })).rejects.toThrow(anError('ARC6823', { pid: process.pid }))
    await lock?.release()
    expect(await embed({ file })).toMatchObject({ rows: 27 })
  })

  test('the output is none of the files that are read', async () => {
    const records = join(folder, 'read.npy')
    writeFileSync(records, '')
    const source = {
      name: 'set',
      images: 1,
      classes: 1,
      recipe: { kind: 'records', files: [records], offsets: new Float64Array(new SharedArrayBuffer(8)) },
      leftOut: [],
    } as const
    await expect(embed({ file: 'read.npy', force: true, source })).rejects.toThrow(anError('ARC6416', {}))
  })

  test('what a torn write left is not taken', async () => {
    await embed({ file: 'torn.npy', flip: true, stopAt: 16 })
    const [kept, work] = [join(folder, 'torn'), workFolderOf(join(folder, 'torn.npy'))]
    cpSync(work, kept, { recursive: true })
    const expected = await whole('.npy')
    for (const name of ['rows', 'facts', 'record']) {
      const { length } = readFileSync(join(kept, name))
      for (const left of [length - 1, length - 20, Math.floor(length / 2)]) {
        rmSync(work, { recursive: true, force: true })
        cpSync(kept, work, { recursive: true })
        truncateSync(join(work, name), left)
        await embed({ file: 'torn.npy', flip: true, resume: true, force: true })
        expect(readFileSync(join(folder, 'torn.npy'))).toEqual(expected)
      }
    }
  })
})

const count = fuzzCount(60)

test(`${count} mutated records and files go on to the same file, or are refused by name`, async () => {
  await embed({ file: 'fuzz.npy', flip: true, stopAt: 16 })
  const expected = await whole('.npy')
  const work = workFolderOf(join(folder, 'fuzz.npy'))
  const kept = new Map(['rows', 'facts', 'record'].map((name) => [name, readFileSync(join(work, name))]))
  const random = seededRandom(682)
  const codes = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    mkdirSync(work, { recursive: true })
    const damaged = ['record', 'rows', 'record', 'facts'][i % 4]
    for (const [name, bytes] of kept) {
      writeFileSync(join(work, name), name === damaged ? mutateBytes(bytes, random) : bytes)
    }
    let code = 'same'
    try {
      await embed({ file: 'fuzz.npy', flip: true, resume: true, force: true })
      expect(readFileSync(join(folder, 'fuzz.npy')).equals(expected)).toBe(true)
    } catch (error) {
      if (!(error instanceof ArccError)) throw new Error(`case ${i}: ${String(error)}`, { cause: error })
      code = error.code
    }
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  expect([...codes.keys()].filter((code) => !['same', 'ARC6821', 'ARC6822'].includes(code))).toEqual([])
  expect(codes.get('same')).toBeGreaterThan(count / 2)
  expect(codes.get('ARC6822')).toBeGreaterThan(0)
}, 600_000)
