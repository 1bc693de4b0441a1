import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFaults } from '../../../../runtime/data/faults.ts'
import { keyAt, positionOf, readIndexFile } from '../../../../runtime/data/recordio/index-file.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const path = join(temporaryFolder(), 'train.idx')

/** The records of an index as [key, offset], and its faults. */
function read(text: string | Uint8Array) {
  writeFileSync(path, text)
  const faults = createFaults('a set')
  const index = readIndexFile(path, faults)
  const records = Array.from({ length: index.count }, (_, i) => [keyAt(index, i), index.offsets[i]])
  let found = ''
  try {
    faults.throwIfAny()
  } catch (error) {
    found = String(error instanceof Error ? error.message : error)
  }
  return { index, records, found }
}

describe('readIndexFile', () => {
  test.each([
    ['consecutive keys', '0\t0\n1\t40\n2\t96\n'],
    ['no newline at the end', '0\t0\n1\t40\n2\t96'],
    ['lines of Windows', '0\t0\r\n1\t40\r\n2\t96\r\n'],
    ['blanks and empty lines', '\n0\t0 \n1\t40\t\n   \n2\t96\n\n'],
    ['another order', '2\t96\n0\t0\n1\t40\n'],
    ['leading zeros', '00\t0\n01\t040\n2\t96\n'],
  ])('%s', (_, text) => {
    const { records, index, found } = read(text)
    expect(records).toEqual([
      [0, 0],
      [1, 40],
      [2, 96],
    ])
    expect(index.keys).toBeUndefined()
    expect(found).toBe('')
  })

  test('keys with gaps, near and far apart, in any order', () => {
    expect(read('7\t70\n3\t30\n4\t40\n').records).toEqual([
      [3, 30],
      [4, 40],
      [7, 70],
    ])
    expect(read('4000000000\t70\n3\t30\n90\t40\n').records).toEqual([
      [3, 30],
      [90, 40],
      [4_000_000_000, 70],
    ])
  })

  test('positions of keys', () => {
    const { index } = read('3\t30\n4\t40\n7\t70\n')
    expect([0, 3, 5, 7, 8].map((key) => positionOf(index, key))).toEqual([0, 0, 2, 2, 3])
    const { index: dense } = read('3\t30\n4\t40\n5\t70\n')
    expect([0, 3, 5, 6, 9].map((key) => positionOf(dense, key))).toEqual([0, 0, 2, 3, 3])
  })

  test('offsets beyond 32 bits are exact', () => {
    expect(read('0\t314837464652\n1\t314837472064\n').records[1]).toEqual([1, 314_837_472_064])
  })

  test('many lines, of which the last does not tell how many there are', () => {
    const lines = Array.from({ length: 70_000 }, (_, i) => `${i}\t${i * 100}\n`)
    const { records, found } = read(`${lines.join('')}5000000\t900\n1000000\t8\n`)
    expect(records).toHaveLength(70_002)
    expect(records[69_999]).toEqual([69_999, 6_999_900])
    expect(records[70_001]).toEqual([5_000_000, 900])
    expect(found).toBe('')
  })

  test.each([
    ['1 40\n', 'line 1 is "1 40"'],
    ['0\t0\n1\t40\n2\tx\n', 'line 3 is "2\\tx"'],
    ['0\t0\n-1\t40\n', 'line 2 is "-1\\t40"'],
    ['0\t0\n1\t4.5\n', 'line 2 is "1\\t4.5"'],
    ['0\t0\n1\n', 'line 2 is "1"'],
    ['0\t0\n4294967296\t5\n', 'line 2 is "4294967296\\t5"'],
    [`0\t0\n1\t${'9'.repeat(30)}\n`, `line 2 is "1\\t${'9'.repeat(30)}"`],
    [Uint8Array.of(0, 255, 10, 9), 'line 1 is "\\u0000ÿ"'],
  ])('%j is a fault with its line', (text, expected) => {
    expect(read(text).found).toContain(`not "key<TAB>offset": ${expected}`)
  })

  test('the same key twice is a fault', () => {
    expect(read('0\t0\n1\t40\n1\t80\n').found).toContain('train.idx has the same key twice: 1')
    expect(read('9000000\t0\n1\t40\n9000000\t80\n').found).toContain('train.idx has the same key twice: 9000000')
  })
})
