import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { documentLook } from '../../../cli/render/look.ts'
import { renderPanel } from '../../../cli/render/panel.ts'
import { renderSummary } from '../../../cli/render/run.ts'
import { createRunOutput, type RunOutputOptions } from '../../../cli/render/run-output.ts'
import { advance, historyLength, noEvents } from '../../../cli/render/run-state.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { evaluation, progress, runEvents } from './run-fixture.ts'

/** The output for some events; the clock advances one second per event. */
function written(mode: RunOutputOptions['mode'], events: readonly RunEvent[], unicode = true): string {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  let now = 0
  const output = createRunOutput({ mode, stream, look: { ...documentLook, unicode }, clock: () => now })
  for (const event of events) {
    now += 1
    output.onEvent(event)
  }
  output.close()
  return text
}

const stateAfter = (count: number) => runEvents.slice(0, count).reduce(advance, noEvents)
const at = (match: (event: RunEvent) => boolean) => runEvents.findIndex(match) + 1

describe('the panel', () => {
  test.each([
    ['while the plugin is fetched', 1],
    ['while it compiles', at((event) => event.type === 'phase')],
    ['in the middle', at((event) => event.type === 'warning')],
    ['while it verifies', at((event) => event.type === 'phase' && event.name === 'evaluate')],
    ['when all is over', runEvents.length],
  ])('%s', (_, count) => {
    expect(renderPanel(stateAfter(count), documentLook).join('\n')).toMatchSnapshot()
  })

  test('the epochs of a run whose steps are given', () => {
    const event = { ...progress(10), epoch: 10 / 43, epochs: 40 / 43 }
    expect(renderPanel([event].reduce(advance, noEvents), documentLook)[0]).toMatchInlineSnapshot(
      `"run      ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   epoch 0.23   10 / 40   25.0 %   eta 5.79 s"`,
    )
  })
})

test('plain output, in ASCII', () => {
  const text = written('plain', runEvents, false)
  expect(text).toMatchSnapshot()
  expect(text).toMatch(/^[\n -~]*$/)
})

test('plain output says no more than one line in ten seconds, and the last step', () => {
  const lines = written(
    'plain',
    Array.from({ length: 35 }, (_, i) => progress(i + 6)),
  )
  const steps = [...lines.matchAll(/^step (\d+)/gm)].map((match) => Number(match[1]))
  expect(steps).toEqual([6, 16, 26, 36, 40])
})

test('JSON output is the events with version and time, one a line, as in log.ndjson', () => {
  const events = written('json', runEvents)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events).toEqual(runEvents.map((event) => ({ v: 1, time: expect.any(String), ...event })))
})

test('the live panel keeps evaluations, warnings and the summary on the screen', () => {
  const text = written('panel', runEvents)
  for (const kept of ['66.10 %', '93.50 %', 'was not finite', 'Results are in runs/quickstart-001'])
    expect(text).toContain(kept)
})

test('an emulation is said to be one at the start and at the end', () => {
  const emulates = 'dgx_v100 (8 × NVIDIA V100 SXM2 32 GB)'
  const events = runEvents.map((event) => (event.type === 'start' ? { ...event, emulates } : event))
  expect(written('plain', events)).toMatchSnapshot()
})

test('what is to be known of the devices stands in the head', () => {
  const note =
    'the experiment declares NVIDIA V100 SXM2 32 GB; it runs on 8 × NVIDIA H200 (141 GiB), for which it is planned'
  const events = runEvents.map((event) => (event.type === 'start' ? { ...event, note } : event))
  expect(written('plain', events)).toContain(`\nnote     ${note}\n`)
})

test('the summary of an interrupted run that was not verified', () => {
  const end: RunEvent = {
    type: 'end',
    status: 'interrupted',
    steps: 7,
    seconds: 3.2,
    imagesPerSecond: 140,
    planned: { secondsPerStep: 0.21, memoryBytes: 812_000_000 },
    measured: { secondsPerStep: 0.35 },
  }
  expect(renderSummary([progress(7), end].reduce(advance, noEvents), documentLook).join('\n')).toMatchSnapshot()
})

test.each([
  [{ factor: 65536, skipped: 0 }, /\|grad\| 1.90 {2}scale 65,536 {2}331/],
  [{ factor: 0.5, skipped: 3 }, /scale 0.5 {2}3 skipped/],
])('the scale of f16, %o', (lossScale, wanted) => {
  expect(written('plain', [{ ...progress(7), lossScale }])).toMatch(wanted)
  expect(renderPanel([{ ...progress(7), lossScale }].reduce(advance, noEvents), documentLook).join('\n')).toMatch(
    /scale/,
  )
})

test('the history of losses stays short and covers the whole run', () => {
  const events = Array.from({ length: 10_000 }, (_, i) => ({ ...progress(1), smoothedLoss: i }))
  const { losses } = events.reduce(advance, noEvents)
  expect(losses.length).toBeLessThanOrEqual(historyLength)
  expect(losses[0]).toBe(0)
  expect(losses.at(-1)).toBeGreaterThan(9900)
})

test('a run that waits for data says so, in the panel and in a log', () => {
  const slow = { ...progress(4), dataSeconds: 0.068 }
  const panel = renderPanel(advance(noEvents, slow), documentLook).join('\n')
  expect(panel).toContain('waits for data 35 %')
  expect(written('plain', [slow])).toContain('waits for data 35 %')
  expect(renderPanel(advance(noEvents, progress(4)), documentLook).join('\n')).toContain('data 2 %')
  expect(written('plain', [progress(4)])).not.toContain('data')
})

test('skipped pictures: the first few one by one, all of them counted at the end', () => {
  const skipped = (count: number): RunEvent => ({
    type: 'skipped',
    file: `ann/${count}.jpg`,
    reason: 'it is cut off',
    count,
  })
  const end = runEvents.findLast((event) => event.type === 'end')
  const events = [1, 2, 3, 4, 5, 6, 7].map(skipped)
  const text = written('plain', end === undefined ? events : [...events, { ...end, skippedPictures: 7 }])
  expect(text).toContain('ann/1.jpg: it is cut off')
  expect(text).toContain('ann/5.jpg: it is cut off; further ones are in log.ndjson only')
  expect(text).not.toContain('ann/6.jpg')
  expect(text).toContain('7 damaged pictures skipped')
})

test('a run that starts from weights', () => {
  const loaded: RunEvent = {
    type: 'loaded',
    path: 'old/checkpoint_gpu_0.pt',
    files: [{ path: 'old/checkpoint_gpu_0.pt', sha256: '00' }],
    tensors: 251,
    ignored: 53,
    leftOut: 3,
    classes: { from: 'old/checkpoint_gpu_0.pt and 7 more', kept: 4200, new: 800, dropped: 81542 },
    pictures: 6384,
    random: 2,
    optimizer: false,
  }
  const verified: RunEvent = { ...evaluation(0, 0.97), loaded: true }
  const lines = written('plain', [loaded, verified]).split('\n')
  expect(lines.slice(0, 4)).toMatchInlineSnapshot(`
    [
      "weights  old/checkpoint_gpu_0.pt   251 tensors   3 left out   centers: 4,200 kept, 800 new (mean embeddings of 6,384 pictures), 81,542 dropped   2 of them random",
      "verify   as loaded    97.00 % ±2.10   holdout, 600 pairs   AUC 0.9900   TAR@0.01 77.00 %   |x| 12.4   1.84 s",
      "",
    ]
  `)
  const { evaluations } = [loaded, verified].reduce(advance, noEvents)
  expect(evaluations).toHaveLength(1)
})
