/** Sets of more pictures than are looked at by default, without identity records. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { dataFormats, openCollection } from '../../../../runtime/data/formats/data-formats.ts'
import type { ScanProgress } from '../../../../runtime/data/scan-progress.ts'
import { dataSpec } from '../../../helpers/data-spec.ts'
import { anError } from '../../../helpers/facts.ts'
import { aMinuteLater } from '../../../helpers/later.ts'
import { frameOf, headerOf } from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const path = join(root, 'set')
aMinuteLater()
vi.stubEnv('ARCC_CACHE', join(root, 'cache'))
afterAll(() => vi.unstubAllEnvs())

const [images, classes] = [2 ** 20 + 1000, 1000]
/** Frame, header and four bytes of a picture. */
const BYTES = 36

/** Writes the set; picture `odd` has a label that is no class. */
function write(odd: number): void {
  mkdirSync(path, { recursive: true })
  const record = Buffer.concat([frameOf(0, BYTES - 8), headerOf(0), Buffer.from('face')])
  const bytes = Buffer.alloc(BYTES * images, record)
  const lines: string[] = []
  for (let i = 0; i < images; i++) {
    bytes.writeFloatLE(i === odd ? classes + 5 : i % classes, BYTES * i + 12)
    lines.push(`${i}\t${BYTES * i}\n`)
  }
  writeFileSync(join(path, 'train.rec'), bytes)
  writeFileSync(join(path, 'train.idx'), lines.join(''))
  writeFileSync(join(path, 'property'), `${classes},112,112`)
}

test('labels are read and checked once if classes are held out, and are known from then on', () => {
  const set = dataSpec({ format: 'recordio', path })
  const holding = { ...set, holdout: 10 }
  write(700_001)
  expect(openCollection(set)).toMatchObject({ images, classes })
  const wrong = anError('ARC6240', { faults: [expect.stringContaining('record 700001 of train.rec has label 1005')] })
  expect(() => dataFormats.mixed.open(dataSpec({ format: 'mixed', mixed: [set, set], holdout: 10 }))).toThrow(wrong)

  write(-1)
  expect(openCollection(set).recipe).toHaveProperty('labels')
  const phases = new Set<string>()
  const watcher = {
    begin: (root: string) => phases.add(`begin ${root}`),
    show: ({ what }: ScanProgress) => phases.add(what),
    end: () => phases.add('end'),
  }
  const found = openCollection(holding, watcher)
  expect(found.recipe).not.toHaveProperty('labels')
  expect([phases.has(`begin ${path}`), [...phases].at(-1)]).toEqual([true, 'end'])
  // The next start knows the labels, whoever asks.
  const known = openCollection(set)
  expect(known.recipe).not.toHaveProperty('labels')
  for (const i of [0, 999, 700_001, images - 1]) expect(known.label(i)).toBe(i % classes)
})
