/** Lists, shards and parquet files with random damage: an error of the catalogue or pictures, in bounded memory. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Collection } from '../../../../runtime/data/collection.ts'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { readList } from '../../../../runtime/data/list/read-list.ts'
import { openParquetSet } from '../../../../runtime/data/parquet/parquet-set.ts'
import { openShardSet } from '../../../../runtime/data/webdataset/shard-set.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { fuzzCount, seededRandom } from '../../../helpers/mutate.ts'
import { mutateBytes } from '../../../helpers/mutate-bytes.ts'
import { tarArchive } from '../../../helpers/tar.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
/** `ARCC_FUZZ=10000` damages as many files of each format. */
const cases = fuzzCount(300)
/** What a format may need beyond the memory at the beginning. */
const mostBytes = 300 * 2 ** 20

const parquet = fileURLToPath(new URL('../../../fixtures/parquet/', import.meta.url))

const shards = [
  tarArchive(
    ['0', '1', '2'].flatMap((key) => [
      { name: `${key}.cls`, data: key },
      { name: `${key}.jpg`, data: key },
    ]),
  ),
  tarArchive([
    { name: 'x', type: 'x', data: '14 path=a.jpg\n' },
    { name: 'short', data: 'picture' },
    { name: 'a.json', data: '{"label": "ann"}' },
    { name: '././@LongLink', type: 'L', data: `${'b'.repeat(200)}.jpg` },
    { name: 'short', data: 'picture' },
    { name: '././@LongLink', type: 'L', data: `${'b'.repeat(200)}.cls` },
    { name: 'short', data: 'bob' },
  ]),
]

const rows = Array.from({ length: 30 }, (_, i) => [`p ${i}/1.jpg`, i] as const)
const lists = [
  `path,label\n${rows.map(([path, label]) => `"${path}",${label}\n`).join('')}`,
  rows.map(([path, label]) => `1\t${path}\t${label}\r\n`).join(''),
  rows.map(([path, label], i) => `${i}\t${label}.000000\t${path}\n`).join(''),
  rows.map(([path, label]) => `${path} n${label}\n`).join(''),
].map((text) => Buffer.from(text))

/** Tail first: half of the damage is where footers are. */
function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  if (random() < 0.5) return mutateBytes(bytes, random)
  const from = Math.max(0, bytes.length - 2000)
  return Buffer.concat([bytes.subarray(0, from), mutateBytes(bytes.subarray(from), random)])
}

async function readAll({ images, recipe }: Collection): Promise<void> {
  const opened = openImages(recipe)
  try {
    for (let i = 0; i < Math.min(images, 100); i++) await orKnown(() => opened.read(i))
  } finally {
    opened.close()
  }
}

/** Runs `read`; errors of the catalogue are expected, all others fail the test. */
async function orKnown(read: () => unknown): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!(error instanceof ArccError)) throw error
    expect(error.message).not.toMatch(/undefined|NaN|TypeError|BigInt/)
  }
}

test.each<[string, readonly Uint8Array[], (path: string) => unknown]>([
  [
    'parquet',
    readdirSync(parquet)
      .filter((name) => name.endsWith('.parquet'))
      .map((name) => readFileSync(join(parquet, name))),
    (path) => readAll(openParquetSet({ root: path, image: 'image', label: 'label', labels: undefined })),
  ],
  ['tar', shards, (path) => readAll(openShardSet({ root: path, label: undefined, labels: undefined }))],
  ['csv', lists, (path) => readList({ file: path, image: undefined, label: undefined, labels: undefined }, () => true)],
])('mutated %s files are read, or refused by name', async (ending, files, read) => {
  const before = process.memoryUsage().rss
  let most = 0
  for (let n = 0; n < cases; n++) {
    const random = seededRandom(n)
    const path = join(folder, `damaged.${ending}`)
    writeFileSync(path, damage(files[n % files.length] ?? Buffer.alloc(0), random))
    await orKnown(() => read(path))
    most = Math.max(most, process.memoryUsage().rss)
  }
  expect(most - before).toBeLessThan(mostBytes)
})
