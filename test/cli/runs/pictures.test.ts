/** Pictures of reports: from the data of the run, or from files that are named. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { report } from '../../../cli/commands/report.ts'
import { findPictures } from '../../../cli/runs/pictures.ts'
import { type Run, readRun } from '../../../cli/runs/read-run.ts'
import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { eventsOfAllTypes } from '../../helpers/log-events.ts'
import { evaluation, record, writeRun } from '../../helpers/run-folder.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { readFileSync } from 'node:fs'
import { pageFaults, parsePage } from '../../helpers/page.ts'

const folder = temporaryFolder()

const source = (dataset: string) => `use std.datasets: folder, synthetic
use std.machines: cpu
use std.margins: arcface

backbone tiny() on Image(28, 28, 3) -> Vector(8) {
  input |> conv(4, kernel: 3, stride: 2) |> flatten |> linear(8)
}

experiment small {
  dataset  = ${dataset}
  backbone = tiny
  margin   = arcface()
  machine  = cpu(devices: 1)
  train { batch = 4 global, epochs = 1, optimizer = sgd(lr: 0.1) }
  evaluate { sets = [holdout], pairs = 20 }
}
`

/** The hardest pair of one person, and that of two. */
const hardest = (a = 'one.png', b = 'gone\0.png'): EvaluationFile['hardest'] => [
  { pair: 3, same: true, score: 0.1, a, b },
  { pair: 7, same: false, score: 0.9, a: '14', b: '15' },
]

async function made(name: string, dataset: string, set: Partial<EvaluationFile>): Promise<Run> {
  const path = join(folder, name)
  const own = evaluation('holdout')
  const file = { ...own, set: { ...own.set, pairs: 20, same: 10 }, hardest: hardest(), ...set }
  writeRun(path, { events: [eventsOfAllTypes.start, eventsOfAllTypes.end], record: { ...record, set: [] }, evaluations: [file] })
  writeFileSync(join(path, 'small.arc'), source(dataset))
  return readRun(path)
}

const synthetic = 'synthetic(identities: 12, per_identity: 6, holdout: 5)'

test('of the data set, and of the pairs of a set', async () => {
  const run = await made('whole', synthetic, {})
  const { sheet, sheetGap, pairs, pairsPerKind } = await findPictures(run)
  expect([sheet.length, sheetGap, pairsPerKind]).toEqual([24, undefined, 10])
  expect(new Set(sheet.map(({ label }) => label)).size).toBe(12)
  for (const { src } of sheet) expect(src).toMatch(/^data:image\/jpeg;base64,/)
  expect([...(pairs.get('holdout')?.keys() ?? [])]).toEqual([3, 7])
  expect(pairs.get('holdout')?.get(3)).toEqual({ a: expect.stringMatching(/^data:/), b: expect.stringMatching(/^data:/) })
  await report({ color: false, runs: [run.folder], output: undefined })
  const html = readFileSync(join(run.folder, 'report.html'), 'utf8')
  expect(pageFaults(html)).toEqual([])
  expect(parsePage(html).all('img').length).toBe(28)
})

test('of a set that has changed: files with the names of the pictures', async () => {
  const one = join(folder, 'one.png')
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).png().toFile(one)
  const own = evaluation('holdout')
  const run = await made('changed', synthetic, { set: { ...own.set, root: folder, pairs: 22, same: 11 }, hardest: hardest() })
  const { pairs, reasonOf } = await findPictures(run)
  expect(reasonOf('holdout')).toContain('20 pairs now, and had 22')
  expect(pairs.get('holdout')?.get(3)).toEqual({ a: expect.stringMatching(/^data:/), b: undefined })
  expect(pairs.get('holdout')?.has(7)).toBe(false)
})

test('of data that are gone', async () => {
  const run = await made('gone', `folder(root: "${join(folder, 'no-faces')}", identities: 10, images: 60)`, {})
  const { sheet, sheetGap, pairs, reasonOf } = await findPictures(run)
  expect([sheet, pairs.get('holdout')?.size]).toEqual([[], 0])
  expect(sheetGap).toBeTruthy()
  expect(reasonOf('holdout')).toBeTruthy()
  expect((await findPictures({ ...run, record: undefined })).sheetGap).toBe('run.json cannot be read')
})
