import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openRecordFile } from '../../../../runtime/data/recordio/record-file.ts'
import { anError } from '../../../helpers/facts.ts'
import { partOf } from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const path = join(temporaryFolder(), 'train.rec')

function opened(...bytes: readonly Buffer[]) {
  writeFileSync(path, Buffer.concat(bytes))
  return openRecordFile(path)
}

const magic = Buffer.from([0x0a, 0x23, 0xd7, 0xce])

test('a payload that holds the magic comes in parts', () => {
  const long = Buffer.alloc(40_000, 7)
  const whole = Buffer.concat([Buffer.from('abcd'), magic, long, magic, Buffer.from('xyz')])
  const records = opened(
    partOf(0, Buffer.from('first')),
    partOf(1, Buffer.from('abcd')),
    partOf(2, long),
    partOf(3, Buffer.from('xyz')),
  )
  expect(Buffer.from(records.payload(16)).equals(whole)).toBe(true)
  expect(records.head(16, 6)).toEqual({ length: whole.length, bytes: whole.subarray(0, 6) })
  expect(Buffer.from(records.payload(0)).toString()).toBe('first')
  records.close()
})

test('records longer than one read', () => {
  const long = Buffer.from(Uint8Array.from({ length: 100_001 }, (_, i) => (i * 31) & 255))
  const records = opened(partOf(0, Buffer.from('a')), partOf(0, long))
  expect(Buffer.from(records.payload(12)).equals(long)).toBe(true)
  expect(Buffer.from(records.bytes(20, 200_000)).equals(Buffer.concat([long, Buffer.alloc(3)]))).toBe(true)
  expect(records.head(12, 4)).toEqual({ length: long.length, bytes: long.subarray(0, 4) })
  records.close()
})

describe('damaged files', () => {
  test.each([
    ['no magic', [Buffer.from('something else here')], { at: 0, reason: 'no record begins here' }],
    [
      'cut short',
      [partOf(0, Buffer.alloc(100)).subarray(0, 50)],
      { at: 0, reason: 'the record has 100 bytes, but the file ends at 50' },
    ],
    [
      'cut in a frame',
      [partOf(0, Buffer.alloc(4)).subarray(0, 6)],
      { at: 0, reason: expect.stringContaining('ends at 6') },
    ],
    ['a later part', [partOf(3, Buffer.from('abcd'))], { at: 0, reason: expect.stringContaining('later part') }],
    [
      'no last part',
      [partOf(1, Buffer.from('abcd')), partOf(0, Buffer.from('efgh'))],
      { at: 12, reason: 'a record ends without its last part' },
    ],
  ])('%s', (_, bytes, params) => {
    const records = opened(...bytes)
    expect(() => records.payload(0)).toThrow(anError('ARC6220', params))
    records.close()
  })

  test('no file', () => {
    expect(() => openRecordFile(join(path, 'x'))).toThrow(anError('ARC6206', { file: join(path, 'x') }))
  })
})
