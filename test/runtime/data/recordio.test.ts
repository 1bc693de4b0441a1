import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FACE_BYTES } from '../../../runtime/data/image.ts'
import { openRecordDataset, openRecords, parseIndex } from '../../../runtime/data/recordio.ts'
import { anError } from '../../helpers/facts.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const MAGIC = 0xced7230a
const root = temporaryFolder()

const pgm = (level: number) => Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, level)])

/** A header as `struct.pack('IfQQ', …)` writes it, followed by the labels of an array label. */
function header(label: number | readonly number[]): Buffer {
  const labels = typeof label === 'number' ? [] : label
  const bytes = Buffer.alloc(24 + 4 * labels.length)
  bytes.writeUInt32LE(labels.length, 0)
  if (typeof label === 'number') bytes.writeFloatLE(label, 4)
  for (const [i, value] of labels.entries()) bytes.writeFloatLE(value, 24 + 4 * i)
  return bytes
}

function part(flag: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(8)
  frame.writeUInt32LE(MAGIC, 0)
  frame.writeUInt32LE(((flag << 29) | payload.length) >>> 0, 4)
  return Buffer.concat([frame, payload, Buffer.alloc((4 - (payload.length % 4)) % 4)])
}

/** Writes `NAME/train.rec`, `.idx` and `property`; records are numbered from 0. */
function pack(name: string, records: readonly Buffer[], property: string, keys?: readonly number[]): string {
  const path = join(root, `${name}-train.rec`)
  let offset = 0
  const lines = records.map((record, i) => {
    const line = `${keys?.[i] ?? i}\t${offset}\n`
    offset += record.length
    return line
  })
  writeFileSync(path, Buffer.concat(records))
  writeFileSync(path.replace('.rec', '.idx'), lines.join(''))
  writeFileSync(join(root, 'property'), property)
  return path
}

const pictureRecord = (label: number | readonly number[], level: number) =>
  part(0, Buffer.concat([header(label), pgm(level)]))

test("InsightFace's record 0 says which keys are pictures; array labels are read by their first value", async () => {
  const people = [part(0, header([1, 3])), part(0, header([3, 4]))]
  const pictures = [pictureRecord(0, 50), pictureRecord([0, 7, 7], 60), pictureRecord(1, 70)]
  const dataset = await openRecordDataset(
    pack('insight', [part(0, header([4, 6])), ...pictures, ...people], '2,112,112'),
  )
  expect(dataset).toMatchObject({ images: 3, classes: 2 })
  const out = new Uint8Array(FACE_BYTES)
  const found: number[][] = []
  for (const i of [0, 1, 2, 0]) {
    await dataset.read(i, out, 0)
    found.push([dataset.label(i), out[0] ?? -1])
  }
  expect(found).toEqual([
    [0, 50],
    [0, 60],
    [1, 70],
    [0, 50],
  ])
  dataset.dispose()
})

test('without such a record every key is a picture, in the order of the keys', async () => {
  const path = pack('im2rec', [pictureRecord(1, 9), pictureRecord(0, 8)], '2,112,112', [5, 3])
  const dataset = await openRecordDataset(path)
  expect(dataset.images).toBe(2)
  expect([dataset.label(0), dataset.label(1)]).toEqual([0, 1])
  dataset.dispose()
})

test('a payload that holds the magic comes in parts', () => {
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(MAGIC)
  const whole = Buffer.concat([Buffer.from('abcd'), magic, Buffer.from('efgh'), magic, Buffer.from('xyz')])
  const parts = [part(1, Buffer.from('abcd')), part(2, Buffer.from('efgh')), part(3, Buffer.from('xyz'))]
  const records = openRecords(pack('parts', parts, '1'))
  expect(Buffer.from(records.payload(0)).equals(whole)).toBe(true)
  records.close()
})

describe('damaged files', () => {
  test.each([
    ['no magic', [Buffer.from('something else here')], { at: 0, reason: 'no record begins here' }],
    [
      'cut short',
      [part(0, Buffer.alloc(100)).subarray(0, 50)],
      { at: 8, reason: '100 bytes are needed, the file ends at 50' },
    ],
    ['a later part', [part(3, Buffer.from('abcd'))], { at: 0, reason: expect.stringContaining('later part') }],
    [
      'no last part',
      [part(1, Buffer.from('abcd')), part(0, Buffer.from('efgh'))],
      { at: 12, reason: 'a record ends without its last part' },
    ],
  ])('%s', (name, bytes, params) => {
    const records = openRecords(pack(name, bytes, '1'))
    expect(() => records.payload(0)).toThrow(anError('ARC6220', params))
    records.close()
  })

  test('labels and keys that contradict', async () => {
    const wrong = await openRecordDataset(
      pack('label', [pictureRecord(0, 1), pictureRecord(5, 1)], '2,112,112', [1, 2]),
    )
    expect(wrong.label(0)).toBe(0)
    expect(() => wrong.label(1)).toThrow(anError('ARC6222', { label: 5, classes: 2 }))
    wrong.dispose()
    const few = await openRecordDataset(pack('few', [part(0, header([9, 10])), pictureRecord(0, 1)], '1,112,112'))
    expect(() => few.label(5)).toThrow(anError('ARC6220', { reason: 'key 6 is missing' }))
    few.dispose()
    expect(() => parseIndex('0\t0\n1 40\n', 'train.idx')).toThrow(anError('ARC6221', { file: 'train.idx', line: 2 }))
    await expect(openRecordDataset(join(root, 'none.rec'))).rejects.toMatchObject({ code: 'ARC6206' })
  })
})

const orl = fileURLToPath(new URL('../../../../shared/data/orl_recordio/train.rec', import.meta.url))
test.skipIf(!existsSync(orl))(
  'a file that MXNet wrote: people 1 to 30 of ORL (skipped where it is missing)',
  async () => {
    const dataset = await openRecordDataset(orl)
    expect(dataset).toMatchObject({ images: 300, classes: 30 })
    expect(Array.from({ length: 300 }, (_, i) => dataset.label(i))).toEqual(
      Array.from({ length: 300 }, (_, i) => Math.floor(i / 10)),
    )
    const out = new Uint8Array(FACE_BYTES)
    await dataset.read(299, out, 0)
    expect(new Set(out).size).toBeGreaterThan(50)
    dataset.dispose()
  },
)
