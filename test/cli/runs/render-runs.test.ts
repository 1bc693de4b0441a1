/** The list of runs and the differences of two, on terminals of any width. */
import { join } from 'node:path'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { documentLook, type Look } from '../../../cli/render/look.ts'
import { renderDifferences, renderRuns } from '../../../cli/runs/render-runs.ts'
import { type Run, readRun } from '../../../cli/runs/read-run.ts'
import { differencesToJson, runToJson } from '../../../cli/runs/to-json.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { evaluationEvent, eventsOfAllTypes } from '../../helpers/log-events.ts'
import { record, writeRun } from '../../helpers/run-folder.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const { start, end, failed } = eventsOfAllTypes

async function made(name: string, events: readonly RunEvent[], value = '5'): Promise<Run> {
  const path = join(folder, name)
  const fields = [...record.fields.slice(0, 2), { path: 'train.clip', value }]
  writeRun(path, { events, record: { ...record, fields } })
  return { ...(await readRun(path)), folder: `runs/${name}` }
}

const sets = ['lfw', 'cfp_fp', 'agedb_30', 'calfw', '/data/a/long/path/of/a/set.bin']
const runs = [
  await made('first-001', [start, ...sets.map((set) => evaluationEvent(10, set)), end]),
  await made('second-run-with-a-long-name=0.001-001', [start, failed], 'a value that is much longer than its column'),
]
const [first, second] = runs as [Run, Run]

const terminal = (width: number): Look => ({ ...documentLook, width, wraps: true })

test('a wide table has everything', () => {
  const text = renderRuns(runs, undefined, documentLook).join('\n')
  for (const said of [
    ...sets,
    'runs/first-001',
    'done',
    'failed',
    '99.50 %',
    '12.0 s',
    '2026-05-04 10:00',
    'ENOSPC',
    '2 runs',
  ])
    expect(text).toContain(said)
})

test.each([40, 60, 80, 120, 200])('no line is wider than %d columns', (width) => {
  const lines = [
    ...renderRuns(runs, undefined, terminal(width)),
    ...renderRuns(runs, 'calfw', terminal(width)),
    ...renderDifferences(first, second, terminal(width)),
  ]
  expect(lines.filter((line) => stringWidth(line) > width)).toEqual([])
})

test('the score that the runs are sorted by stays on a narrow terminal', () => {
  expect(renderRuns(runs, 'calfw', terminal(60))[0]).toMatch(/run +state .*calfw/)
})

test('two runs', () => {
  const text = renderDifferences(first, second, documentLook).join('\n')
  expect(text).toMatch(/state +done +failed/)
  expect(text).toMatch(/train\.clip +5 +a value/)
  expect(text).not.toContain('backbone')
  expect(renderDifferences(first, first, documentLook).join('\n')).toContain('No field differs.')
  const unread = renderDifferences(first, { ...second, record: undefined }, documentLook).join('\n')
  expect(unread).toContain('The fields cannot be compared.')
})

test('as JSON', () => {
  expect(runToJson(first)).toMatchObject({
    state: 'done',
    steps: 100,
    scores: [{ set: 'lfw', accuracy: 0.995, step: 10 }, {}, {}, {}, {}],
    gaps: ['plan.yaml is missing'],
  })
  expect(differencesToJson(first, second)).toMatchObject({
    fields: [{ path: 'train.clip', a: '5' }],
    b: { state: 'failed', detail: 'ENOSPC: the disk is full' },
  })
})
