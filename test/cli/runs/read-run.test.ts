/** Run folders: what is there is read, what is missing is said. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bestScores, conditionDetail, conditionOf, secondsOf, stepsOf } from '../../../cli/runs/condition.ts'
import { fieldDifferences } from '../../../cli/runs/differences.ts'
import { hashFiles } from '../../../cli/runs/hash-files.ts'
import { listRuns, sortByScore } from '../../../cli/runs/list-runs.ts'
import { readRun } from '../../../cli/runs/read-run.ts'
import { readRunLog } from '../../../cli/runs/run-log.ts'
import { encodeAllToAll, encodeIjb } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { tryLock } from '../../../runtime/process-lock.ts'
import { evaluationEvent, eventsOfAllTypes, progressEvent } from '../../helpers/log-events.ts'
import { allToAllResult, evaluation, ijbResult, logText, record, writeResult, writeRun } from '../../helpers/run-folder.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { glintPlan } from '../render/plan-fixture.ts'

const folder = temporaryFolder()
let number = 0
const place = () => join(folder, `run-${++number}`)
const { start, end, failed, resumed, 'left-out': leftOut } = eventsOfAllTypes

const logOf = (text: string) => {
  const path = join(folder, `log-${++number}.ndjson`)
  writeFileSync(path, text)
  return readRunLog(path)
}

test('a whole run', async () => {
  const path = place()
  const events: RunEvent[] = [start, progressEvent(1), evaluationEvent(10), progressEvent(100), end]
  writeRun(path, { events, record, plan: glintPlan, evaluations: [evaluation('cfp_fp')], checkpoints: [100, 50] })
  const run = await readRun(path)
  expect(run.gaps).toEqual([])
  expect(run.checkpoints.map(({ step }) => step)).toEqual([100, 50])
  expect(bestScores(run)).toEqual([
    { set: 'lfw', accuracy: 0.995, step: 10 },
    { set: 'cfp_fp', accuracy: 0.75, step: 100 },
  ])
  expect([conditionOf(run), stepsOf(run), secondsOf(run)]).toEqual(['done', { done: 100, all: 100 }, 12])
  const hashed = await hashFiles(run)
  expect(hashed.find(({ name }) => name.endsWith('backbone.safetensors'))).toMatchObject({ sha256: 'a'.repeat(64), note: 'by its manifest' })
  expect(hashed.find(({ name }) => name === 'run.json')?.sha256).toMatch(/^[0-9a-f]{64}$/)
})

test.each<[string, readonly RunEvent[], string, string]>([
  ['done', [start, end], 'done', ''],
  ['interrupted', [start, { ...end, status: 'interrupted' }], 'interrupted', ''],
  ['failed', [start, failed], 'failed', 'ENOSPC: the disk is full'],
  ['killed', [start, progressEvent(3)], 'killed', ''],
  ['killed after an earlier end', [start, failed, start, resumed, progressEvent(21)], 'killed', ''],
  ['resumed and done', [start, failed, start, resumed, progressEvent(21), end], 'done', ''],
  ['without events', [], 'empty', ''],
])('%s', async (_, events, condition, detail) => {
  const path = place()
  writeRun(path, { events, record })
  const run = await readRun(path)
  expect([conditionOf(run), conditionDetail(run)]).toEqual([condition, detail])
})

test('a run that a process works on', async () => {
  const path = place()
  writeRun(path, { events: [start], record })
  const { lock } = await tryLock(join(path, 'run.lock'))
  const run = await readRun(path)
  expect([conditionOf(run), run.owner?.pid]).toEqual(['running', process.pid])
  await lock?.release()
  writeFileSync(join(path, 'run.lock'), JSON.stringify({ ...run.owner, pid: 2 ** 30, started: '1' }))
  expect(conditionOf(await readRun(path))).toBe('killed')
})

test('templates and all pairs', async () => {
  const path = place()
  const inTraining = { ...evaluationEvent(10, 'ijbc'), accuracy: 0.5, deviation: 0, measure: 'tar@1e-4' } as const
  writeRun(path, { events: [start, inTraining], record, plan: glintPlan })
  writeResult(path, 'ijbc', 'ijb.json', encodeIjb(ijbResult))
  writeResult(path, 'all-to-all', 'all-to-all.json', encodeAllToAll(allToAllResult))
  const run = await readRun(path)
  expect(run.gaps).toEqual([])
  expect(run.rates.map(({ title }) => title)).toEqual(['All pairs of faces', 'IJB-C'])
  expect(bestScores(run)).toEqual([{ set: 'ijbc', accuracy: 0.8765, step: 100, measure: 'tar@1e-4' }])
  writeResult(path, 'ijbc', 'ijb.json', '{')
  writeResult(path, 'all-to-all', 'all-to-all.json', '{}')
  const damaged = await readRun(path)
  expect(damaged.rates).toEqual([])
  expect(damaged.gaps).toHaveLength(2)
  expect(damaged.gaps.join()).toMatch(/all-to-all\.json: .*required.*ijb\.json: it is not JSON/)
})

test('a run that went back has the steps it went back to', async () => {
  const events: RunEvent[] = [start, progressEvent(1), progressEvent(20), progressEvent(50)]
  const { steps, lastProgress, progress } = await logOf(logText([...events, { ...leftOut, step: 51, back: 20 }]))
  expect([steps, lastProgress?.step, progress.map(({ step }) => step)]).toEqual([20, 20, [1, 20]])
  const again = await logOf(logText([...events, start, { ...resumed, step: 40 }]))
  expect([again.steps, again.lastProgress?.step]).toEqual([40, 20])
})

test('what is missing or damaged is said', async () => {
  const path = place()
  writeRun(path, { events: [start], checkpoints: [7] })
  writeFileSync(join(path, 'plan.yaml'), 'schema: 2\n')
  writeFileSync(join(path, 'checkpoints', 'step-000007', 'manifest.json'), '{}')
  appendFileSync(join(path, 'log.ndjson'), '{"v":1,"type":"progress","step":')
  mkdirSync(join(path, 'evaluations', 'lfw'), { recursive: true })
  writeFileSync(join(path, 'evaluations', 'lfw', 'evaluation.json'), '[]')
  const { gaps } = await readRun(path)
  expect(gaps).toEqual([
    'run.json is missing',
    'plan.yaml: it is of version 2, and this arcc reads 1',
    'log.ndjson, line 2: it is not JSON: the process may have been killed while it wrote it',
    expect.stringMatching(/^\S+evaluation\.json is no evaluation that can be read: it must be object$/),
    expect.stringContaining('checkpoint of step 7: '),
  ])
})

test('a folder that is not a run', async () => {
  const runs = place()
  writeRun(join(runs, 'a-001'), { events: [start] })
  await expect(readRun(runs)).rejects.toMatchObject({ code: 'ARC6840', params: { others: [join(runs, 'a-001')] } })
  await expect(readRun(join(runs, 'none'))).rejects.toMatchObject({ code: 'ARC6840' })
  await expect(listRuns(join(runs, 'none'))).rejects.toMatchObject({ code: 'ARC6842' })
})

test('the steps that a resumed run repeats are there once', async () => {
  const steps = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => progressEvent(from + i))
  const log = await logOf(
    logText([start, ...steps(1, 30), evaluationEvent(25), start, resumed, ...steps(21, 40), evaluationEvent(40)]),
  )
  expect(log.progress.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
  expect(log.evaluations.map(({ step }) => step)).toEqual([40])
  expect(log.resumed.count).toBe(1)
})

test('a left-out step takes the run back', async () => {
  const log = await logOf(logText([start, progressEvent(20), progressEvent(21), eventsOfAllTypes['left-out'], progressEvent(22)]))
  expect(log.progress.map(({ step }) => step)).toEqual([20, 22])
  expect(log.leftOut.shown.map(({ event }) => event.reason)).toEqual(['the loss is NaN'])
})

test('a long log is thinned, and its lists are cut and counted', async () => {
  const long = [start, ...Array.from({ length: 9000 }, (_, i) => progressEvent(i + 1))]
  const warnings: RunEvent[] = Array.from({ length: 500 }, (_, i) => ({ type: 'warning', message: `${i}` }))
  const log = await logOf(logText([...long, ...warnings]))
  expect(log.progress.length).toBeLessThan(2002)
  expect(log.progress.length).toBeGreaterThan(900)
  expect(log.progress.at(-1)?.step).toBe(9000)
  expect([log.warnings.count, log.warnings.shown.length]).toEqual([500, 200])
  expect(log.warnings.shown.at(-1)?.event.message).toBe('499')
})

test('lines that are no events are faults, and the others still count', async () => {
  const good = logText([start, progressEvent(1)])
  const lines = [
    'no json',
    '[1]',
    '{"v":1}',
    '{"v":2,"type":"end"}',
    '{"v":1,"type":"new"}',
    '{"v":1,"type":"toString"}',
    '{"v":1,"type":"progress","step":-1}',
    `{"v":1,"type":"warning","message":"${'x'.repeat(2 ** 20)}"}`,
    '',
    '{"v":1,"type":"warning","message":"with more","added":7}',
  ]
  const log = await logOf(`${good}${lines.join('\n')}\n${good}`)
  expect(log.faults.shown.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  expect([log.faults.count, log.warnings.count, log.progress.length]).toEqual([8, 1, 1])
})

test('runs below a folder, by score or the newest first', async () => {
  const runs = place()
  const of = (name: string, accuracy: number, minute: number) => {
    writeRun(join(runs, name), { record })
    const events: RunEvent[] = [start, { ...evaluationEvent(10), accuracy }, end]
    writeFileSync(join(runs, name, 'log.ndjson'), logText(events, Date.parse(`2026-05-04T10:0${minute}:00Z`)))
  }
  of('a-001', 0.9, 1)
  of('a-002', 0.8, 3)
  of(join('sweep', 'a-lr=0.1'), 0.95, 2)
  writeRun(join(runs, 'b-001'), { events: [start] })
  mkdirSync(join(runs, 'nothing'))
  const found = await listRuns(runs)
  expect(found.map(({ name }) => name)).toEqual(['a-002', 'a-lr=0.1', 'a-001', 'b-001'])
  expect(sortByScore(found, 'lfw', runs).map(({ name }) => name)).toEqual(['a-lr=0.1', 'a-001', 'a-002', 'b-001'])
  expect(() => sortByScore(found, 'agedb', runs)).toThrow(expect.objectContaining({ code: 'ARC6841' }))
  rmSync(join(runs, 'nothing'), { recursive: true })
})

test('fields that differ', () => {
  const other = { ...record, fields: [{ path: 'backbone', value: 'r50()' }, ...record.fields.slice(1, 2), { path: 'train.seed', value: '1' }] }
  expect(fieldDifferences([{ record, plan: undefined }, { record: other, plan: undefined }, { record: undefined, plan: undefined }])).toEqual([
    { path: 'backbone', values: ['small()', 'r50()', undefined] },
    { path: 'train.clip', values: ['5', undefined, undefined] },
    { path: 'train.seed', values: [undefined, '1', undefined] },
  ])
})
