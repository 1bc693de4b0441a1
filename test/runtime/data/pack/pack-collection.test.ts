/** Packing, shuffling and re-encoding; MXNet's own bytes are compared in `record-frame.test.ts` and for the ORL faces here. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Collection } from '../../../../runtime/data/collection.ts'
import { type PackRequest, packCollection } from '../../../../runtime/data/pack/pack-collection.ts'
import { openRecordFile } from '../../../../runtime/data/recordio/record-file.ts'
import {
  changedListCollection,
  fileCollection,
  noisePicture,
  peopleFiles,
  type TestFile,
} from '../../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
let people: readonly TestFile[]
beforeAll(async () => {
  people = await peopleFiles(3, 4)
})

const pack = (collection: Collection, out: string, more: Partial<PackRequest> = {}) =>
  packCollection({
    collection,
    out: join(folder, out),
    layout: 'insightface',
    skipDamaged: false,
    force: false,
    showBytes: (bytes) => `${Math.round(bytes)} B`,
    onProgress() {},
    signal: new AbortController().signal,
    ...more,
  })

/** The records of a packed set by key, as header words and the rest. */
function recordsOf(rec: string) {
  const file = openRecordFile(rec)
  const lines = readFileSync(rec.replace(/rec$/, 'idx'), 'utf8').trim().split('\n')
  const records = lines.map((line) => {
    const [key = '', offset = ''] = line.split('\t')
    const payload = Buffer.from(file.payload(Number(offset)))
    const flag = payload.readUInt32LE(0)
    const extra = Array.from({ length: flag }, (_, i) => payload.readFloatLE(24 + 4 * i))
    const rest = payload.subarray(24 + 4 * flag)
    return {
      key: Number(key),
      flag,
      label: payload.readFloatLE(4),
      id: Number(payload.readBigUInt64LE(8)),
      extra,
      rest,
    }
  })
  file.close()
  return records
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined) =>
  a !== undefined && b !== undefined && Buffer.from(a).equals(b)

describe('pack', () => {
  test("InsightFace's layout: record 0, pictures by class, identities, property and list", async () => {
    // Classes alternate in the source, and class 1 of 4 has no picture.
    const files = [0, 2, 3, 0, 2, 3].map((label, i) => ({ ...(people[i] ?? fail()), path: `mixed/${i}.jpg`, label }))
    const packed = await pack(fileCollection(folder, files), 'insight')
    expect(packed).toMatchObject({ images: 6, classes: 4, skipped: 0, interrupted: false, width: 40, height: 48 })
    const records = recordsOf(packed.file)
    expect(records.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(records[0]).toMatchObject({ flag: 2, extra: [7, 11] })
    expect(records.slice(1, 7).map(({ label, id }) => [label, id])).toEqual([
      [0, 1],
      [0, 2],
      [2, 3],
      [2, 4],
      [3, 5],
      [3, 6],
    ])
    const order = [0, 3, 1, 4, 2, 5]
    expect(order.every((file, i) => sameBytes(records[i + 1]?.rest, files[file]?.bytes))).toBe(true)
    expect(records.slice(7).map(({ extra }) => extra)).toEqual([
      [1, 3],
      [3, 3],
      [3, 5],
      [5, 7],
    ])
    expect(readFileSync(join(folder, 'insight/property'), 'utf8')).toBe('4,48,40')
    const list = readFileSync(join(folder, 'insight/train.lst'), 'utf8').split('\n')
    expect(list[2]).toBe(`3\t2.000000\t${join(folder, 'mixed/1.jpg')}`)
  })

  test("im2rec's layout has only pictures, with keys from 0, under the name that was asked for", async () => {
    const packed = await pack(fileCollection(folder, people), 'out/mydata.rec', { layout: 'im2rec' })
    expect(packed.file).toBe(join(folder, 'out/mydata.rec'))
    const records = recordsOf(packed.file)
    expect(records.map(({ key, flag, label }) => [key, flag, label])).toEqual(
      people.map(({ label }, i) => [i, 0, label]),
    )
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['mydata.idx', 'mydata.lst', 'mydata.rec', 'property'])
  })

  test('shuffle permutes all pictures, the same way for the same seed, and keeps their numbers as id', async () => {
    const collection = fileCollection(folder, people)
    const ids = async (out: string, shuffle: number) => {
      const records = recordsOf((await pack(collection, out, { layout: 'im2rec', shuffle })).file)
      for (const { id, label, rest } of records) {
        expect(label).toBe(people[id]?.label)
        expect(sameBytes(rest, people[id]?.bytes)).toBe(true)
      }
      return records.map(({ id }) => id)
    }
    const first = await ids('shuffled-1', 1)
    expect(await ids('shuffled-1b', 1)).toEqual(first)
    expect(await ids('shuffled-2', 2)).not.toEqual(first)
    expect(first).not.toEqual([...first].sort((a, b) => a - b))
    expect([...first].sort((a, b) => a - b)).toEqual(people.map((_, i) => i))
  })

  test('re-encoded pictures are JPEG of the size; one that is right already is kept', async () => {
    const right = await noisePicture(99, 32, 32)
    const files = [
      { path: 'sizes/a.png', label: 0, bytes: await noisePicture(1, 64, 32, 'png') },
      { path: 'sizes/b.jpg', label: 0, bytes: right },
    ]
    const collection = fileCollection(folder, files)
    const kept = await pack(collection, 'resized', { recode: { side: 32, quality: undefined } })
    const [, first, second] = recordsOf(kept.file)
    expect(await sharp(first?.rest).metadata()).toMatchObject({ format: 'jpeg', width: 32, height: 32 })
    expect(sameBytes(second?.rest, right)).toBe(true)
    const all = await pack(collection, 'resized-all', { recode: { side: 32, quality: 20 } })
    expect(recordsOf(all.file)[2]?.rest.length).toBeLessThan(right.length)
    expect(readFileSync(join(folder, 'resized/property'), 'utf8')).toBe('1,32,32')
  })
})

describe('what goes wrong', () => {
  test('an existing set is replaced only with force', async () => {
    const collection = fileCollection(folder, people)
    await pack(collection, 'twice')
    await expect(pack(collection, 'twice')).rejects.toMatchObject({ code: 'ARC6411' })
    expect((await pack(collection, 'twice', { force: true })).images).toBe(12)
  })

  test('a damaged picture stops the packing, leaves nothing, or is left out and counted', async () => {
    const files = [...people, { path: 'p1/bad.jpg', label: 1, bytes: new Uint8Array(100).fill(7) }]
    const collection = fileCollection(folder, files)
    const recode = { side: 16, quality: undefined }
    await expect(pack(collection, 'broken', { recode })).rejects.toThrow(/p1\/bad\.jpg/)
    expect(readdirSync(join(folder, 'broken'))).toEqual([])
    const packed = await pack(collection, 'left', { recode, skipDamaged: true })
    expect(packed).toMatchObject({ images: 12, skipped: 1, skippedExamples: [{ image: 12 }] })
    expect(recordsOf(packed.file)[0]).toMatchObject({ extra: [13, 16] })
  })

  test('a list that has changed ends the packing, whatever may be left out', async () => {
    const collection = changedListCollection(join(folder, 'changed'), people)
    for (const recode of [undefined, { side: 16, quality: undefined }]) {
      const packing = pack(collection, 'changed-out', {
        skipDamaged: true,
        ...(recode === undefined ? {} : { recode }),
      })
      await expect(packing).rejects.toMatchObject({ code: 'ARC6419' })
      expect(readdirSync(join(folder, 'changed-out'))).toEqual([])
    }
  })

  test('a missing picture is named', async () => {
    const collection = fileCollection(folder, people)
    const { recipe } = collection
    if (recipe.kind !== 'files') throw new Error('files')
    const gone = fileCollection(folder, [...people, { path: 'gone/1.jpg', label: 0, bytes: new Uint8Array(1) }])
    const { rmSync } = await import('node:fs')
    rmSync(join(folder, 'gone'), { recursive: true })
    await expect(pack(gone, 'missing')).rejects.toMatchObject({ code: 'ARC6206' })
    expect(existsSync(join(folder, 'missing/train.rec'))).toBe(false)
  })

  test('after Ctrl-C nothing is left', async () => {
    const stop = new AbortController()
    const packed = await pack(fileCollection(folder, people), 'stopped', {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 5) stop.abort()
      },
    })
    expect(packed.interrupted).toBe(true)
    expect(readdirSync(join(folder, 'stopped'))).toEqual([])
  })

  test('a folder that is a file, counts that a float cannot hold, and an empty set are named', async () => {
    writeFileSync(join(folder, 'file'), '')
    const collection = fileCollection(folder, people)
    await expect(pack(collection, 'file')).rejects.toMatchObject({ code: 'ARC6410' })
    const huge = { ...collection, classes: 2 ** 24 - 5 }
    await expect(pack(huge, 'huge')).rejects.toMatchObject({ code: 'ARC6414' })
    await expect(pack({ ...collection, images: 0 }, 'empty')).rejects.toMatchObject({ code: 'ARC6417' })
  })

  test('the set that is read is not overwritten', async () => {
    const { file } = await pack(fileCollection(folder, people), 'own', { layout: 'im2rec' })
    const offsets = Float64Array.of(0)
    const recipe = { kind: 'records', files: [file], offsets: new Float64Array(new SharedArrayBuffer(8)) } as const
    recipe.offsets.set(offsets)
    const collection = { ...fileCollection(folder, people), images: 1, label: () => 0, recipe }
    await expect(pack(collection, 'own', { force: true })).rejects.toMatchObject({ code: 'ARC6416' })
  })
})

const orl = fileURLToPath(new URL('../../../../../shared/data/orl_recordio/train', import.meta.url))

describe.skipIf(!existsSync(`${orl}.rec`))('the ORL faces, packed by MXNet', () => {
  test('packing the same pictures gives the same bytes', async () => {
    const source = recordsOf(`${orl}.rec`)
    const files = source
      .slice(1, 301)
      .map(({ label, extra, rest }, i) => ({ path: `orl/${i}.jpg`, label: extra[0] ?? label, bytes: rest }))
    const packed = await pack(fileCollection(folder, files), 'orl-packed')
    expect(readFileSync(join(folder, 'orl-packed/property'), 'utf8')).toBe(
      readFileSync(join(orl, '../property'), 'utf8'),
    )
    const lines = readFileSync(packed.file.replace(/rec$/, 'idx'), 'utf8').trim().split('\n')
    const original = readFileSync(`${orl}.idx`, 'utf8').trim().split('\n')
    const [ours, theirs] = [readFileSync(packed.file), readFileSync(`${orl}.rec`)]
    const bytesOf = (whole: Buffer, index: readonly string[], i: number) =>
      whole.subarray(Number(index[i]?.split('\t')[1]), Number(index[i + 1]?.split('\t')[1] ?? whole.length))
    expect(lines.length).toBe(original.length)
    // A third of the pictures has two labels, of which arcc writes the first, as InsightFace's packer does.
    const equal = source.map((_, i) => bytesOf(ours, lines, i).equals(bytesOf(theirs, original, i)))
    expect(source.every(({ flag }, i) => (flag === 0 || i === 0 || i > 300) === equal[i])).toBe(true)
    const again = recordsOf(packed.file)
    expect(source.every(({ rest }, i) => sameBytes(again[i]?.rest, rest))).toBe(true)
  })
})

function fail(): never {
  throw new Error('a picture of the test is missing')
}
