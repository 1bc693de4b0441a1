/** All output fits the terminal: no line is wider, in Unicode and in ASCII. */
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { exactLine } from '../../../cli/commands/exact.ts'
import { installLine } from '../../../cli/commands/install.ts'
import { paragraph } from '../../../cli/render/fit.ts'
import { documentLook, type Look, lookFor } from '../../../cli/render/look.ts'
import { renderPanel, renderProgressLine } from '../../../cli/render/panel.ts'
import { renderPlan } from '../../../cli/render/plan.ts'
import { renderPermanent, renderSummary, renderVariant } from '../../../cli/render/run.ts'
import { advance, noEvents } from '../../../cli/render/run-state.ts'
import { renderVariants } from '../../../cli/render/variants.ts'
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { glintPlan } from './plan-fixture.ts'
import { progress, runEvents } from './run-fixture.ts'

const gib = 2 ** 30
const name = 'full_softmax[identities=29000000, placement=replicate]'
const exactPlan: PlanDocument = {
  ...glintPlan,
  choices: [
    { path: 'train.batch', value: '512 per device', why: '512 takes 28.9 GiB of the 30.8 GiB of a device' },
    { path: 'centers.placement', value: 'shard', why: '`replicate` needs 112 GiB' },
  ],
  exact: {
    target: 'Tesla V100-SXM2-32GB',
    arguments: gib,
    outputs: gib,
    alias: gib,
    temporaries: 9 * gib,
    generatedCode: 0,
    peak: 10 * gib,
    allocated: 10 * gib,
    reserve: gib,
    total: 11 * gib,
    fits: true,
    compileSeconds: 32.1,
  },
}
const fullPlan = { ...glintPlan, memory: { ...glintPlan.memory, peak: 40 * gib, fits: false } }

/** The run of the fixture with all optional members of events. */
const events: readonly RunEvent[] = runEvents.map((event) => {
  if (event.type === 'start')
    return {
      ...event,
      experiment: name,
      emulates: 'dgx_v100 (8 × NVIDIA V100 SXM2 32 GB)',
      note: 'the experiment declares NVIDIA V100 SXM2 32 GB; it runs on 8 × NVIDIA H200 (141 GiB), for which it is planned',
    }
  if (event.type === 'progress')
    return { ...event, step: 12_345, steps: 333_820, lossScale: { factor: 65_536, skipped: 3 } }
  return event
})

const states = events.map((_, i) => events.slice(0, i + 1).reduce(advance, noEvents))
const fetching = { bytes: 31 * 2 ** 20, total: 1.87 * gib }

const outputs: Readonly<Record<string, (look: Look) => readonly string[]>> = {
  'the live panel': (look) => states.flatMap((state) => renderPanel(state, look)),
  'the lines that stay': (look) => events.flatMap((event) => renderPermanent(event, look)),
  'the lines of a log': (look) =>
    renderProgressLine({ ...progress(12), lossScale: { factor: 65_536, skipped: 3 } }, look),
  'the head of a variant': (look) => renderVariant({ name, position: 11, count: 33 }, look),
  'the summary': (look) => states.flatMap((state) => renderSummary(state, look)),
  'a plan': (look) => renderPlan(glintPlan, look),
  'a plan that does not fit': (look) => renderPlan(fullPlan, look),
  'a plan --exact': (look) => renderPlan(exactPlan, look),
  'a table of variants': (look) =>
    renderVariants(
      [
        { name, plan: { ...glintPlan, centers: { ...glintPlan.centers, classes: 29_000_000 } }, errors: [] },
        { name: 'full_softmax[identities=125000, placement=shard]', plan: fullPlan, errors: ['ARC5003'] },
        { name: 'partial_fc[identities=125000]', plan: exactPlan, errors: [] },
        { name: 'partial_fc[identities=29000000]', plan: undefined, errors: ['ARC4020', 'ARC4212'] },
      ],
      look,
    ),
  'a line that changes': (look) =>
    [
      exactLine({ phase: 'compile', gpu: 'Tesla V100-SXM2-32GB' }, look),
      exactLine({ phase: 'fetch', wheel: 'jax-cuda12-pjrt 0.11.2', event: { phase: 'download', ...fetching } }, look),
      installLine(
        {
          what: 'nvidia-cudnn-cu12 9.8.0.87',
          phase: 'download',
          ...fetching,
          overall: { wheel: 3, wheels: 12, bytes: fetching.bytes, total: fetching.total },
        },
        look,
      ),
    ].flatMap((text) => text.split('\n').flatMap((line) => paragraph(line, look))),
}

const widths = [40, 60, 80, 100, 120]
const cases = Object.entries(outputs).flatMap(([what, render]) => widths.map((width) => ({ what, render, width })))

/** Numbers with separators and points: `1,280`, `0.9550`, `2.10`. */
const numbersOf = (lines: readonly string[]) => lines.flatMap((line) => line.match(/\d[\d,.]*/g) ?? [])

test.each(cases)('$what fits into $width columns, its numbers whole', ({ render, width }) => {
  for (const unicode of [true, false]) {
    const look = { ...documentLook, width, unicode, wraps: true }
    const colored = { ...lookFor({ isTTY: true, columns: width }, {}, true), unicode }
    const lines = render(look)
    expect(lines.length).toBeGreaterThan(0)
    expect([...lines, ...render(colored)].filter((line) => stringWidth(line) > width)).toEqual([])
    const known = new Set(numbersOf(render({ ...look, wraps: false })))
    expect(numbersOf(lines).filter((number) => !known.has(number))).toEqual([])
  }
})

test.each([40, 60])('a run in %d columns', (width) => {
  const look = { ...documentLook, width, wraps: true }
  const state = states.at(-2)
  expect(
    [
      ...events.flatMap((event) => renderPermanent(event, look)),
      ...(state === undefined ? [] : renderPanel(state, look)),
      ...renderSummary(events.reduce(advance, noEvents), look),
    ].join('\n'),
  ).toMatchSnapshot()
})

test.each([40, 60])('a plan in %d columns', (width) => {
  expect(renderPlan(exactPlan, { ...documentLook, width, wraps: true }).join('\n')).toMatchSnapshot()
})

test.each([40, 60, 80])('a table of variants in %d columns', (width) => {
  expect(outputs['a table of variants']?.({ ...documentLook, width, wraps: true }).join('\n')).toMatchSnapshot()
})

test('a file takes lines as they are', () => {
  expect(Math.max(...renderPlan(glintPlan, documentLook).map((line) => stringWidth(line)))).toBeGreaterThan(100)
})
