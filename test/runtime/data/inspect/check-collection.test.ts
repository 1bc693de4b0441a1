/** `arcc data check`: what it finds, and that an interrupted check goes on. */
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  Collection,
  DrawnImages,
  ImageRecipe,
  ListedImages,
  MixedImages,
  ParquetImages,
  RecordImages,
} from '../../../../runtime/data/collection.ts'
import { type CheckRequest, checkCollection } from '../../../../runtime/data/inspect/check-collection.ts'
import { hasErrors, hasFindings } from '../../../../runtime/data/inspect/check-report.ts'
import { openCheckState, sourceIdentity } from '../../../../runtime/data/inspect/check-state.ts'
import { duplicateGroups } from '../../../../runtime/data/inspect/duplicates.ts'
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
  people = await peopleFiles(4, 3)
})

const check = (collection: Collection, more: Partial<CheckRequest> = {}) =>
  checkCollection({
    collection,
    stateFolder: join(folder, 'state', sourceIdentity(collection)),
    resume: false,
    report: undefined,
    workers: 1,
    onProgress() {},
    signal: new AbortController().signal,
    ...more,
  })

describe('what a check finds', () => {
  test('a sound set has no findings, and no state is left', async () => {
    const collection = fileCollection(join(folder, 'sound'), people)
    const summary = await check(collection)
    expect(summary).toMatchObject({ images: 12, checked: 12, classes: 4 })
    expect(hasFindings(summary)).toBe(false)
    expect(existsSync(join(folder, 'state', sourceIdentity(collection)))).toBe(false)
  })

  test('every kind of fault, each with its picture; the report has them all', async () => {
    const flat = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#808080' } })
      .png()
      .toBuffer()
    const [first, second] = [people[0]?.bytes ?? new Uint8Array(0), people[5]?.bytes ?? new Uint8Array(0)]
    const added: TestFile[] = [
      { path: 'bad/cut.jpg', label: 0, bytes: first.subarray(0, first.length / 2) },
      { path: 'bad/text.jpg', label: 0, bytes: Buffer.from('no picture') },
      { path: 'bad/gone.jpg', label: 0, bytes: first },
      { path: 'bad/blank.png', label: 0, bytes: flat },
      { path: 'bad/tiny.png', label: 0, bytes: await noisePicture(50, 12, 60, 'png') },
      { path: 'bad/wide.png', label: 0, bytes: await noisePicture(51, 4100, 30, 'png') },
      { path: 'bad/again.jpg', label: 0, bytes: first },
      { path: 'bad/other.jpg', label: 3, bytes: second },
      { path: 'bad/label.jpg', label: 9, bytes: await noisePicture(52) },
    ]
    const collection = fileCollection(join(folder, 'faulty'), [...people, ...added], 6)
    rmSync(join(folder, 'faulty/bad/gone.jpg'))
    const report = join(folder, 'report.json')
    const summary = await check(collection, { report, workers: 2 })
    expect(summary.faults).toEqual({ unreadable: 1, damaged: 2, label: 1, blank: 1, tiny: 1, huge: 1 })
    expect(summary.duplicates).toEqual({ within: 1, across: 1, surplus: 2 })
    expect(summary).toMatchObject({ emptyClasses: 2, checked: 21 })
    expect(hasErrors(summary)).toBe(true)
    const written = JSON.parse(readFileSync(report, 'utf8'))
    const found = new Map(written.found.map((fault: { name: string; kind: string }) => [fault.name, fault.kind]))
    const kind = (name: string) => found.get(join(folder, 'faulty/bad', name))
    expect(['cut.jpg', 'text.jpg', 'gone.jpg', 'blank.png', 'tiny.png', 'wide.png', 'label.jpg'].map(kind)).toEqual([
      'damaged',
      'damaged',
      'unreadable',
      'blank',
      'tiny',
      'huge',
      'label',
    ])
    expect(found.size).toBe(7)
    expect(written.emptyClasses).toEqual([4, 5])
    expect(written.duplicates.map((group: { across: boolean }) => group.across).sort()).toEqual([false, true])
    expect(written.summary).toMatchObject({ checked: 21, faults: summary.faults })
  })

  test('an empty report is sound JSON', async () => {
    const report = join(folder, 'empty.json')
    await check(fileCollection(join(folder, 'sound'), people), { report })
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ found: [], emptyClasses: [], duplicates: [] })
  })
})

test('a list that has changed ends the check', async () => {
  const collection = changedListCollection(join(folder, 'changed'), people)
  await expect(check(collection)).rejects.toMatchObject({ code: 'ARC6419' })
})

describe('which check an interrupted one is continued by', () => {
  const file = join(folder, 'list.csv')
  const shared = (length: number) => new SharedArrayBuffer(length)
  const listed: ListedImages = {
    ...{ kind: 'listed', files: [file], origin: 'a', root: '/a', separator: 'comma', path: 0, turn: false, wraps: [] },
    lines: new Uint32Array(shared(4)),
  }
  const firsts = new Float64Array(shared(16))
  const parquet: ParquetImages = { kind: 'parquet', files: [file], column: 'image', firsts }
  const drawn: DrawnImages = { kind: 'drawn', perIdentity: 2, seed: 1, nuisance: 0 }
  const records: RecordImages = {
    ...{ kind: 'records', files: [file], offsets: new Float64Array(shared(8)) },
    labels: { first: 0, classes: 1, found: new Uint32Array(shared(4)) },
  }
  const [part, index] = [new Uint16Array(shared(2)), new Uint32Array(shared(4))]
  const identity = (recipe: ImageRecipe) => sourceIdentity({ images: 1, classes: 1, recipe })
  const ones = (length: number) => new Uint32Array(shared(4 * length)).fill(1)

  beforeAll(() => writeFileSync(file, 'a.jpg,0\n'))

  test.each<readonly [string, ImageRecipe, ImageRecipe]>([
    ['another root', listed, { ...listed, root: '/b' }],
    ['another column of a list', listed, { ...listed, path: 1 }],
    ['another separator', listed, { ...listed, separator: 'space' }],
    ['backslashes', listed, { ...listed, turn: true }],
    ['other lines', listed, { ...listed, lines: ones(1) }],
    ['another column of parquet files', parquet, { ...parquet, column: 'face' }],
    ['other offsets', records, { ...records, offsets: new Float64Array(shared(8)).fill(4) }],
    ['a part of a mix with another root', mix(listed), mix({ ...listed, root: '/b' })],
    ['other pictures of a mix', mix(drawn), { ...mix(drawn), index: ones(1) }],
    ['another seed', drawn, { ...drawn, seed: 2 }],
  ])('not that of %s', (_, one, other) => {
    expect(identity(one)).toBe(identity(one))
    expect(identity(one)).not.toBe(identity(other))
  })

  test('that of the same pictures, whatever was read of them; not that of changed files', () => {
    const before = [listed, records].map(identity)
    expect(identity({ ...listed, origin: undefined })).toBe(before[0])
    records.labels?.found.fill(1)
    expect(identity(records)).toBe(before[1])
    const { atime, mtime } = statSync(file)
    writeFileSync(file, 'b.jpg,0\n')
    utimesSync(file, atime, mtime)
    expect(identity(listed)).not.toBe(before[0])
    expect(identity(records)).not.toBe(before[1])
  })

  function mix(recipe: ImageRecipe): MixedImages {
    return { kind: 'mixed', parts: [recipe], part, index }
  }
})

describe('an interrupted check', () => {
  /** Many small pictures, several chunks; one in each hundred is damaged. */
  async function longSet(): Promise<Collection> {
    const picture = await noisePicture(7, 24, 24)
    const files = Array.from({ length: 1200 }, (_, i) => ({
      path: `p${i % 3}/${i}.jpg`,
      label: i % 3,
      bytes: i % 100 === 50 ? Buffer.from(`damaged ${i}`) : picture,
    }))
    return fileCollection(join(folder, 'long'), files)
  }

  test('keeps what was checked, and finds the same as one that ran through', async () => {
    const collection = await longSet()
    const whole = await check(collection)
    const stop = new AbortController()
    const part = await check(collection, {
      workers: 2,
      report: join(folder, 'part.json'),
      signal: stop.signal,
      onProgress: ({ stage, done }) => {
        if (stage === 'pictures' && done >= 512) stop.abort()
      },
    })
    expect(part.checked).toBe(512)
    expect(existsSync(join(folder, 'part.json'))).toBe(false)
    const seen: number[] = []
    const resumed = await check(collection, { workers: 2, resume: true, onProgress: ({ done }) => seen.push(done) })
    expect(resumed).toEqual(whole)
    expect(whole.faults.damaged).toBe(12)
    expect(whole.duplicates).toMatchObject({ within: 0, across: 1, surplus: 1187 })
  })

  test('a state that was cut off or damaged is checked again where needed', async () => {
    const state = join(folder, 'state/cut')
    const opened = await openCheckState(state, 600, false)
    opened.hashes.fill(5n)
    await opened.save([
      { chunk: 0, bytes: 1, faults: [] },
      { chunk: 2, bytes: 1, faults: [] },
    ])
    await opened.close()
    const lines = join(state, 'faults.ndjson')
    writeFileSync(lines, `${readFileSync(lines, 'utf8')}{"chunk":1,"byt`)
    const again = await openCheckState(state, 600, true)
    expect(again.done.map(({ chunk }) => chunk)).toEqual([0, 2])
    expect([again.hashes[255], again.hashes[256], again.hashes[511], again.hashes[512]]).toEqual([5n, 0n, 0n, 5n])
    await again.close()
  })

  test('a chunk with a flipped bit is checked again', async () => {
    const state = join(folder, 'state/flipped')
    const opened = await openCheckState(state, 600, false)
    opened.hashes.fill(5n)
    await opened.save([0, 1, 2].map((chunk) => ({ chunk, bytes: 1, faults: [] })))
    await opened.close()
    const hashes = readFileSync(join(state, 'hashes'))
    hashes[8 * 300] = 4
    writeFileSync(join(state, 'hashes'), hashes)
    const lines = join(state, 'faults.ndjson')
    writeFileSync(lines, readFileSync(lines, 'utf8').replace('"chunk":2,"bytes":1', '"chunk":2,"bytes":3'))
    const again = await openCheckState(state, 600, true)
    expect(again.done).toEqual([{ chunk: 0, bytes: 1, faults: [] }])
    expect([again.hashes[0], again.hashes[300], again.hashes[599]]).toEqual([5n, 0n, 0n])
    await again.close()
  })
})

test('equal hashes are found in parts, however they lie', () => {
  const hashes = BigUint64Array.from([9n, 1n, 1n, 2n ** 63n + 1n, 9n, 2n ** 63n + 2n, 2n ** 63n + 1n, 9n, 0n, 0n])
  const groups = (part: number) =>
    [...duplicateGroups(hashes, part)].sort((a, b) => (a.images[0] ?? 0) - (b.images[0] ?? 0))
  const expected = [
    { count: 3, images: [0, 4, 7] },
    { count: 2, images: [3, 6] },
  ]
  expect(groups(100)).toEqual(expected)
  expect(groups(3)).toEqual(expected)
  expect(groups(1)).toEqual(expected)
})
