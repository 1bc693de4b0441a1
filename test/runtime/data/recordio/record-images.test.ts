import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RecordImages } from '../../../../runtime/data/collection.ts'
import { openCollection } from '../../../../runtime/data/formats/data-formats.ts'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { dataSpec } from '../../../helpers/data-spec.ts'
import { anError } from '../../../helpers/facts.ts'
import { pictureRecord, writeRecords } from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const path = writeRecords(join(temporaryFolder(), 'set'), {
  records: [0, 2, 1, 2].map((c) => pictureRecord(c, 10 + c)),
})
const recipe = openCollection(dataSpec({ format: 'recordio', path })).recipe as RecordImages

test('classes are found as records are read, for all threads', () => {
  const found = new Uint32Array(new SharedArrayBuffer(4 * 4))
  const images = openImages({ ...recipe, labels: { first: 0, classes: 3, found } })
  images.read(3)
  images.read(0)
  expect([...found]).toEqual([1, 0, 0, 3])
  images.close()
})

test('a label that is no class is an error of its record', () => {
  const found = new Uint32Array(new SharedArrayBuffer(4 * 4))
  const images = openImages({ ...recipe, labels: { first: 1, classes: 2, found } })
  expect(() => images.read(0)).toThrow(anError('ARC6222'))
  images.read(2)
  expect([...found]).toEqual([0, 0, 1, 0])
  images.close()
})
