import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { failureToJson } from '../../../cli/render/failure-json.ts'
import { formatPlan, type PlannedVariant } from '../../../cli/render/format-plan.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { groupShards, renderPlan } from '../../../cli/render/plan.ts'
import { type PlanDocument, planSchema } from '../../../compiler/plan/document.ts'
import { glintPlan } from './plan-fixture.ts'

const text = (plan: PlanDocument, look = documentLook) => renderPlan(plan, look).join('\n')

test('a plan for eight GPUs', () => {
  expect(text(glintPlan)).toMatchSnapshot()
})

test('the same in ASCII and 60 columns', () => {
  expect(text(glintPlan, { ...documentLook, unicode: false, width: 60 })).toMatchSnapshot()
})

test('nothing but ASCII where the locale is not UTF-8', () => {
  const lines = renderPlan(glintPlan, { ...documentLook, unicode: false })
  const own = lines.filter((line) => !line.includes('45,029 ×'))
  expect(own.filter((line) => /[^\n -~]/.test(line))).toEqual([])
})

test('one device, replicated centers, and more than there is room for', () => {
  const plan: PlanDocument = {
    ...glintPlan,
    experiment: { ...glintPlan.experiment, fields: [] },
    machine: { ...glintPlan.machine, devicesPerNode: 1 },
    centers: { ...glintPlan.centers, placement: 'replicate', perDevice: [360_232], sampleRate: 1 },
    collectives: [],
    memory: { ...glintPlan.memory, peak: 40 * 2 ** 30, fits: false },
  }
  expect(text(plan)).toMatchSnapshot()
})

test('a plan for several computers leads to the command for each of them', () => {
  const lines = renderPlan({ ...glintPlan, machine: { ...glintPlan.machine, nodes: 2 } }, documentLook)
  expect(lines.slice(-1).join('')).toMatch(
    /On each of the 2 computers, start it with its rank R \(0 to 1\) and the address of rank 0: *arcc run \S+ \S+ --nodes 2 --node-rank R --rendezvous HOST:PORT$/,
  )
})

test.each([
  [
    'reduce',
    [
      '  softmax statistics are all-reduced: 378 KiB per device in 133 µs; gathering them would take 11.8 MiB and 268 µs',
    ],
  ],
  ['gather', []],
] as const)('why softmax statistics are exchanged as they are: %s', (chosen, said) => {
  const gather = { wireBytes: 12_386_304, seconds: 2.68e-4 }
  const exchange = { chosen, gather, reduce: { wireBytes: 387_072, seconds: 1.33e-4 } }
  const lines = text({ ...glintPlan, exchange }).split('\n')
  expect(lines.filter((line) => line.includes('softmax statistics'))).toEqual(said)
})

test('what was chosen for auto, and why', () => {
  const choices = [
    { path: 'train.batch', value: '512 per device', why: '512 takes 28.9 GiB' },
    { path: 'centers.placement', value: 'shard', why: '`replicate` needs 112 GiB' },
  ]
  const lines = text({ ...glintPlan, choices }).split('\n')
  const at = lines.indexOf('Chosen for auto')
  expect(lines.slice(at, at + 4)).toEqual([
    'Chosen for auto',
    '  train.batch         512 per device   512 takes 28.9 GiB',
    '  centers.placement   shard            `replicate` needs 112 GiB',
    '',
  ])
})

test.each([
  [[5], [{ first: 0, last: 0, count: 5 }]],
  [
    [3, 3, 2, 2, 2],
    [
      { first: 0, last: 1, count: 3 },
      { first: 2, last: 4, count: 2 },
    ],
  ],
  [[], []],
])('shards %o in groups', (perDevice, groups) => {
  expect(groupShards(perDevice)).toEqual(groups)
})

test('no more than eight groups of devices, the rest counted', () => {
  const perDevice = Array.from({ length: 12 }, (_, i) => 100 - i)
  const lines = renderPlan({ ...glintPlan, centers: { ...glintPlan.centers, perDevice } }, documentLook)
  expect(lines.filter((line) => /^ {2}device \d/.test(line))).toHaveLength(8)
  expect(lines).toContain('  and 4 devices more')
})

describe.each(['json', 'yaml'] as const)('as %s', (format) => {
  const { name, file } = glintPlan.experiment
  const shown = async (planned: Pick<PlannedVariant, 'plan' | 'diagnostics'>) =>
    parse((await formatPlan({ name, file, ...planned }, format, documentLook))?.join('\n') ?? '')
  const failure = failureToJson(new Error('of ours'), file)

  test('a plan has everything, and what is reported about it', async () => {
    expect(await shown({ plan: glintPlan, diagnostics: [] })).toEqual({ ...glintPlan, diagnostics: [] })
    const found = await shown({ plan: glintPlan, diagnostics: [failure] })
    expect(found.diagnostics).toMatchObject([
      { code: 'bug', severity: 'error', path: file, line: 1, message: 'of ours' },
    ])
  })

  test('without a plan there are the diagnostics', async () => {
    const found = await shown({ plan: undefined, diagnostics: [failure] })
    expect(found).toMatchObject({ experiment: { name, file }, diagnostics: [{ code: 'bug' }] })
    expect(Object.keys(found)).toEqual(['experiment', 'diagnostics'])
  })
})

test('the document is what its schema says', () => {
  const valid = new Ajv({ allErrors: true }).compile<PlanDocument>(planSchema)
  expect(valid(glintPlan), JSON.stringify(valid.errors)).toBe(true)
  expect(valid({ ...glintPlan, extra: 1 })).toBe(false)
})
