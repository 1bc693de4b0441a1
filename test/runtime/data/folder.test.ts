import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFolderDataset, scanFolder, splitPeople } from '../../../runtime/data/folder.ts'
import { FACE_BYTES } from '../../../runtime/data/image.ts'
import { folderPairs } from '../../../runtime/data/pairs.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()

/** A gray 2 × 2 PGM of one level. */
const pgm = (level: number) => Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, level)])

/** `people` folders p1, p2 … with `pictures` files each; the level encodes the person and the picture. */
function makeFolder(name: string, people: number, pictures: number): string {
  const folder = join(root, name)
  for (let p = 1; p <= people; p++) {
    mkdirSync(join(folder, `p${p}`), { recursive: true })
    for (let i = 1; i <= pictures; i++) writeFileSync(join(folder, `p${p}`, `${i}.pgm`), pgm(10 * p + i))
  }
  return folder
}

describe('scanFolder', () => {
  test('orders people and pictures naturally and lists what it skips', async () => {
    const folder = makeFolder('natural', 11, 2)
    writeFileSync(join(folder, 'README'), 'x')
    writeFileSync(join(folder, 'p2', 'notes.txt'), 'x')
    writeFileSync(join(folder, 'p2', '10.PGM'), pgm(1))
    mkdirSync(join(folder, 'nobody'))
    const index = await scanFolder(folder)
    expect(index.identities.map((person) => person.name).join(' ')).toBe('p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11')
    expect(index.identities[1]?.files.map((file) => relative(folder, file))).toEqual([
      'p2/1.pgm',
      'p2/2.pgm',
      'p2/10.PGM',
    ])
    expect(index.skipped.map((path) => relative(folder, path)).sort()).toEqual(['README', 'nobody', 'p2/notes.txt'])
  })

  test('says what is wrong with a folder', async () => {
    await expect(scanFolder(join(root, 'missing'))).rejects.toMatchObject({ code: 'ARC6201' })
    mkdirSync(join(root, 'empty'))
    await expect(scanFolder(join(root, 'empty'))).rejects.toMatchObject({ code: 'ARC6202' })
  })
})

describe('splitPeople', () => {
  test('holds the last people out, and nobody is on both sides', async () => {
    const index = await scanFolder(makeFolder('split', 5, 2))
    const { train, heldOut } = splitPeople(index, 2)
    expect(train.identities.map((p) => p.name)).toEqual(['p1', 'p2', 'p3'])
    expect(heldOut.identities.map((p) => p.name)).toEqual(['p4', 'p5'])
    expect(() => splitPeople(index, 5)).toThrow(expect.objectContaining({ code: 'ARC6203' }))
  })
})

describe('createFolderDataset', () => {
  test.each([
    ['all in memory', undefined],
    ['two pictures in memory', 2 * FACE_BYTES],
    ['nothing in memory', 0],
  ])('%s: reads each picture at 112 x 112 with its label, again and again', async (_, cacheBytes) => {
    const dataset = createFolderDataset(await scanFolder(makeFolder('read', 3, 2)), cacheBytes)
    expect(dataset).toMatchObject({ images: 6, classes: 3 })
    const out = new Uint8Array(2 * FACE_BYTES)
    for (const i of [0, 5, 3, 0, 0, 5, 1, 2, 4, 3]) {
      await dataset.read(i, out, FACE_BYTES)
      const person = Math.floor(i / 2)
      expect(dataset.label(i)).toBe(person)
      expect(new Set(out.subarray(FACE_BYTES))).toEqual(new Set([10 * (person + 1) + (i % 2) + 1]))
    }
    expect(out.subarray(0, FACE_BYTES).every((value) => value === 0)).toBe(true)
    dataset.dispose()
  })

  test('a damaged picture is an error of that picture, with its path', async () => {
    const folder = makeFolder('damaged', 2, 2)
    writeFileSync(join(folder, 'p2', '1.pgm'), 'P5 2 2 255\nx')
    const dataset = createFolderDataset(await scanFolder(folder))
    const out = new Uint8Array(FACE_BYTES)
    await dataset.read(1, out, 0)
    await expect(dataset.read(2, out, 0)).rejects.toMatchObject({
      code: 'ARC6205',
      params: { file: expect.stringContaining(join('p2', '1.pgm')) },
    })
  })
})

test('folderPairs compares held-out people only', async () => {
  const { heldOut } = splitPeople(await scanFolder(makeFolder('pairs', 6, 4)), 3)
  const set = folderPairs(heldOut, 10, 1)
  expect(set.same.length).toBe(20)
  const out = new Uint8Array(FACE_BYTES)
  for (let i = 0; i < set.images; i++) {
    await set.read(i, out, 0)
    expect(out[0]).toBeGreaterThan(40)
  }
  expect(() => folderPairs(heldOut, 100, 1)).toThrow(expect.objectContaining({ code: 'ARC6207' }))
})
