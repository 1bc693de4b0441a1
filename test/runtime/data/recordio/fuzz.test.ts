/** Damaged record files and indexes: always read or refused by name, never a crash, a hang or much memory. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { openRecordSet } from '../../../../runtime/data/recordio/record-set.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { fuzzCount, seededRandom } from '../../../helpers/mutate.ts'
import { headerOf, indexOf, partOf, pictureRecord, rangeRecord } from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const FILES = fuzzCount(2000)
/** More than any of these sets of a few hundred bytes may take, in bytes. */
const MOST_MEMORY = 200 * 2 ** 20

const pictures = [0, 0, 1, 1, 2].map((label, i) => pictureRecord(i % 2 === 0 ? label : [label, 0], 10 + i))
const inParts = [partOf(1, headerOf(2)), partOf(2, Buffer.from('P5 2')), partOf(3, Buffer.from(' 2 255\n...'))]
const sets = [
  [rangeRecord(6, 9), ...pictures, rangeRecord(1, 3), rangeRecord(3, 5), rangeRecord(5, 6)],
  [...pictures, Buffer.concat(inParts)],
].map((records) => ({ records: Buffer.concat(records), index: Buffer.from(indexOf(records)) }))

/** One to four places of the bytes changed, moved, removed or filled. */
function damage(bytes: Buffer, random: () => number): Buffer {
  let result = Buffer.from(bytes)
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const at = Math.floor(random() * (result.length + 1))
    const length = 1 + Math.floor(random() ** 3 * 60)
    const piece = result.subarray(at, at + length)
    const noise = Buffer.from(Uint8Array.from({ length }, () => random() * 256))
    const digits = Buffer.from(`${Math.floor(10 ** (random() * 16))}`)
    const insert = [
      Buffer.alloc(0),
      Buffer.concat([piece, piece]),
      noise,
      digits,
      Buffer.alloc(length, 255),
      Buffer.from('\n'),
    ]
    const chosen = insert[Math.floor(random() * insert.length)] ?? piece
    if (random() < 0.1) result = result.subarray(0, at)
    else if (random() < 0.5 && chosen.length > 0) chosen.copy(result, at)
    else result = Buffer.concat([result.subarray(0, at), chosen, result.subarray(at + length)])
  }
  return result
}

test(`${FILES} damaged sets are read or refused by name`, () => {
  const random = seededRandom(20)
  const codes = new Map<string, number>()
  const before = process.memoryUsage.rss()
  let most = 0
  const index = join(folder, 'train.idx')
  for (let i = 0; i < FILES; i++) {
    const set = sets[i % sets.length] ?? { records: Buffer.alloc(0), index: Buffer.alloc(0) }
    const which = random()
    writeFileSync(join(folder, 'train.rec'), which < 0.7 ? damage(set.records, random) : set.records)
    if (i % 7 === 0) rmSync(index, { force: true })
    else writeFileSync(index, which > 0.4 ? damage(set.index, random) : set.index)
    let code = 'read'
    try {
      const declared = i % 3 === 0 ? 3 : undefined
      const collection = openRecordSet({ root: folder, declared, firstLabel: 0 })
      const images = openImages(collection.recipe)
      for (let k = 0; k < Math.min(20, collection.images); k++) {
        const label = collection.label(k)
        if (!(label >= 0 && label < collection.classes)) throw new Error(`label ${label} of ${collection.classes}`)
        images.read(k)
      }
      images.close()
    } catch (error) {
      if (!(error instanceof ArccError)) throw new Error(`set ${i}: ${String(error)}`, { cause: error })
      code = error.code
    }
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (i % 100 === 0) most = Math.max(most, process.memoryUsage.rss() - before)
  }
  expect([...codes.keys()].filter((code) => code !== 'read' && !code.startsWith('ARC62'))).toEqual([])
  expect(codes.get('ARC6240')).toBeGreaterThan(FILES / 4)
  expect(codes.get('read')).toBeGreaterThan(FILES / 100)
  expect(most).toBeLessThan(MOST_MEMORY)
}, 120_000)
