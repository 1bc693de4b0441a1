/** What fails while it is opened leaves no file open. */
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { openCollection } from '../../../../runtime/data/formats/data-formats.ts'
import { checkCollection } from '../../../../runtime/data/inspect/check-collection.ts'
import { openCheckState } from '../../../../runtime/data/inspect/check-state.ts'
import { openRegular } from '../../../../runtime/data/open-regular.ts'
import { dataSpec } from '../../../helpers/data-spec.ts'
import { pictureRecord } from '../../../helpers/record-bytes.ts'
import { tarArchive } from '../../../helpers/tar.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
afterEach(() => vi.unstubAllEnvs())

/** A folder with these files; `undefined` stands for a folder of that name. */
function make(name: string, files: Readonly<Record<string, Buffer | string | undefined>>): string {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [file, content] of Object.entries(files)) {
    if (content === undefined) mkdirSync(join(path, file))
    else writeFileSync(join(path, file), content)
  }
  return path
}

/** The files of this test that the process has open. */
function openNow(): string[] {
  return readdirSync('/proc/self/fd').flatMap((handle) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${handle}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}

const records = Buffer.concat([pictureRecord(0), pictureRecord(1)])
const shard = tarArchive([
  { name: 'a.cls', data: '0' },
  { name: 'a.jpg', data: 'a' },
])
const drawn = openCollection(dataSpec({ format: 'synthetic', identities: 2, perIdentity: 1 }))

const cases: readonly (readonly [string, () => unknown])[] = [
  ['a folder instead of a file', () => openRegular(make('regular', {}))],
  [
    'a part of a packed set that is a folder',
    () =>
      openCollection(
        dataSpec({ format: 'recordio', path: make('parts', { 'a_0.rec': records, 'a_1.rec': undefined }) }),
      ),
  ],
  [
    'an index that is a folder',
    () =>
      openCollection(
        dataSpec({ format: 'recordio', path: make('index', { 'train.rec': records, 'train.idx': undefined }) }),
      ),
  ],
  [
    'a part that is damaged',
    () =>
      openCollection(
        dataSpec({
          format: 'recordio',
          path: make('damaged', { 'a_0.rec': records, 'a_1.rec': records.subarray(0, 70) }),
        }),
      ),
  ],
  [
    'a shard that is cut short',
    () =>
      openCollection(
        dataSpec({ format: 'webdataset', path: make('shards', { '0.tar': shard, '1.tar': shard.subarray(0, 1200) }) }),
      ),
  ],
  [
    'a parquet file without a footer',
    () => openCollection(dataSpec({ format: 'parquet', path: make('rows', { 'a.parquet': 'PAR1 no footer PAR1' }) })),
  ],
  [
    'a list without a column',
    () =>
      openCollection(
        dataSpec({
          format: 'list',
          file: { path: join(make('list', { 'a.csv': 'a.jpg\nb.jpg\n' }), 'a.csv'), pending: undefined },
        }),
      ),
  ],
  [
    'the state of a check that is a folder',
    () => openCheckState(make('state', { 'faults.ndjson': undefined }), 2, true),
  ],
  [
    'a check with a decoder that does not exist',
    () => {
      vi.stubEnv('ARCC_JPEG', 'none')
      return checkCollection({
        collection: drawn,
        stateFolder: join(folder, 'check'),
        resume: false,
        report: join(folder, 'report.json'),
        workers: 1,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      })
    },
  ],
]

test.skipIf(process.platform !== 'linux').each(cases)('%s', async (_, open) => {
  await expect((async () => open())()).rejects.toThrow(/./)
  expect(openNow()).toEqual([])
})
