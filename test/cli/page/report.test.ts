/** Pages about runs: every section is there, and what is missing is said. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { comparisonPage, runPage } from '../../../cli/page/report/report-page.ts'
import { hashFiles } from '../../../cli/runs/hash-files.ts'
import type { RunPictures } from '../../../cli/runs/pictures.ts'
import { type Run, readRun } from '../../../cli/runs/read-run.ts'
import { encodeAllToAll, encodeIjb } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { evaluationEvent, eventsOfAllTypes, gpuEvent, progressEvent } from '../../helpers/log-events.ts'
import { pageFaults, parsePage } from '../../helpers/page.ts'
import {
  allToAllResult,
  evaluation,
  ijbResult,
  type RunParts,
  record,
  writeResult,
  writeRun,
} from '../../helpers/run-folder.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { glintPlan } from '../render/plan-fixture.ts'

const folder = temporaryFolder()

const noPictures: RunPictures = {
  sheet: [],
  sheetGap: 'the data set is gone',
  pairsPerKind: 10,
  pairs: new Map(),
  reasonOf: () => ': no such file',
}

const pixel = 'data:image/png;base64,iVBORw0KGgo=' as const

const pictures: RunPictures = {
  ...noPictures,
  sheet: [{ src: pixel, name: 'a.jpg', label: 'Ann' }],
  pairs: new Map([['lfw', new Map([[1, { a: pixel, b: undefined }]])]]),
}

async function made(name: string, parts: RunParts): Promise<Run> {
  writeRun(join(folder, name), parts)
  return readRun(join(folder, name))
}

const { start, resumed, loaded, warning, skipped, saved, dumped, end } = eventsOfAllTypes
const leftOut = eventsOfAllTypes['left-out']
const phase: RunEvent = { type: 'phase', name: 'compile', seconds: 2 }
const whole: readonly RunEvent[] = [
  ...[start, resumed, phase, loaded, warning, skipped, saved],
  ...[progressEvent(1), progressEvent(10), gpuEvent, { ...gpuEvent, step: 20 }, leftOut, dumped],
  ...[evaluationEvent(10), evaluationEvent(20, 'cfp_fp'), progressEvent(21, { loss: null }), progressEvent(100), end],
]

const parts: RunParts = { events: whole, record, plan: glintPlan, evaluations: [evaluation('lfw')], checkpoints: [100] }

test('templates and all pairs', async () => {
  const inTraining = { ...evaluationEvent(10, 'ijbc'), deviation: 0, measure: 'tar@1e-4' } as const
  const { folder: path } = await made('templates', { ...parts, events: [start, inTraining, end] })
  writeResult(path, 'ijbc', 'ijb.json', encodeIjb(ijbResult))
  writeResult(path, 'all-to-all', 'all-to-all.json', encodeAllToAll(allToAllResult))
  const run = await readRun(path)
  const html = runPage(run, noPictures, [], 'arcc')
  expect(pageFaults(html)).toEqual([])
  const { text } = parsePage(html)
  for (const said of ['IJB-C', '20 templates', '87.65 %', 'rank 1', 'All pairs of faces', '43.21 %', 'at FAR 1e-4'])
    expect(text).toContain(said)
  const both = comparisonPage([run, { ...run, name: 'other' }], 'arcc')
  expect(pageFaults(both)).toEqual([])
  expect(parsePage(both).text).toContain('IJB-C: true accept rates')
})

test('a whole run', async () => {
  const run = await made('whole', parts)
  const html = runPage(run, pictures, await hashFiles(run), 'arcc')
  expect(pageFaults(html)).toEqual([])
  const { text, all } = parsePage(html)
  for (const said of [
    ...['small', '100 of 100', 'resumed', 'left out', 'careful', 'it is cut short', 'Planned and measured'],
    ...[
      '95 % of samples',
      'recommended 0.300',
      'race = <b>',
      'Ann',
      'pair 1, cosine 0.1000',
      'devices 0–7',
      'GPU temperature',
    ],
    ...[
      'train.batch',
      'the file',
      'XLA CPU',
      'backbone.pt',
      'by its manifest',
      'the loss is NaN',
      'train.clip = 1, was 5',
    ],
  ])
    expect(text).toContain(said)
  expect(all('img').length).toBe(2)
  expect(all('svg').length).toBeGreaterThan(20)
})

test.each<[string, RunParts, readonly string[]]>([
  [
    'killed',
    { events: [start, progressEvent(5)], record, plan: glintPlan },
    ['it was killed', 'arcc run --resume', 'that of its last report'],
  ],
  [
    'failed',
    { events: [start, eventsOfAllTypes.failed], record },
    ['The run failed. ENOSPC: the disk is full', 'plan.yaml is missing'],
  ],
  ['without-log', { record, plan: glintPlan }, ['log.ndjson is missing', 'There is no log that says']],
  ['only-record', { record }, ['plan.yaml is missing', 'train.clip']],
  ['only-log', { events: whole }, ['Neither plan.yaml nor run.json']],
  ['unverified', { events: [start, end], record }, ['arcc eval', 'the data set is gone', 'evaluate.sets']],
])('a run that is %s', async (name, own, said) => {
  const run = await made(name, own)
  const html = runPage(run, noPictures, await hashFiles(run), 'arcc')
  expect(pageFaults(html)).toEqual([])
  for (const sentence of said) expect(parsePage(html).text).toContain(sentence)
})

test('a folder with a plan alone is that of arcc plan -o, not of a run', async () => {
  await expect(made('only-plan', { plan: glintPlan })).rejects.toMatchObject({ code: 'ARC6840' })
})

test('several runs side by side', async () => {
  const fields = [{ path: 'backbone', value: 'r50()' }, ...record.fields.slice(1)]
  const runs = [
    await made('first', parts),
    await made('second', { ...parts, record: { ...record, fields } }),
    await made('third', { events: [] }),
  ]
  const html = comparisonPage(runs, 'arcc')
  expect(pageFaults(html)).toEqual([])
  const { text } = parsePage(html)
  for (const said of [
    'r50()',
    'Accuracy on cfp_fp',
    'ROC on lfw',
    'The fields of third cannot be read',
    'Smoothed loss',
  ])
    expect(text).toContain(said)
  expect(text).not.toContain('train.batch64')
})
