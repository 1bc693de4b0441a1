/** The planner's answers to plans that do not fit. */
import { describe, expect, it } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { rendered } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'
import { compileText } from '../../helpers/plan.ts'

const text = (fields: string, more: string) => `use std.backbones: iresnet
use std.datasets
use std.machines
use std.margins

device small(memory: bytes) {
  kind = cuda, name = "a small GPU", compute = 7.0, memory = memory, bandwidth = 900 GB/s
  flops { f32 = 15 TFLOP/s, f16 = 120 TFLOP/s }
}
machine box(nodes: int = 1, memory: bytes = 1 GiB) {
  nodes = nodes, devices_per_node = 4, device = small(memory: memory)
  links { within = nvlink(100 GB/s), between = infiniband(25 GB/s) }
}

experiment too_much {
  dataset  = synthetic(identities: 1000000, per_identity: 10)
  backbone = iresnet(depths: [1, 1, 1, 1], channels: [16, 16, 32, 32], stem: 16, embedding: 128)
  margin   = arcface
  machine  = box
  train {
    epochs = 1, precision = f16, optimizer = sgd(lr: 0.1)
    ${fields}
  }
  ${more}
}
`

function planned(fields: string, settings: readonly string[], more: string) {
  const { plan, diagnostics } = compileText(text(fields, more), { settings })
  return { document: need(plan, 'a plan').document, said: rendered(diagnostics), diagnostics }
}

const done = new Map<string, ReturnType<typeof planned>>()

/** What several tests look at is planned once. */
function compile(fields: string, settings: readonly string[] = [], more = '') {
  const key = JSON.stringify([fields, settings, more])
  const known = done.get(key) ?? planned(fields, settings, more)
  done.set(key, known)
  return known
}

type Document = ReturnType<typeof planned>['document']

/** An answer matches a plan with its settings, and leaves room. */
function expectTrue({ answers, memory }: Document, fields: string, settings: readonly string[] = [], more = '') {
  expect(answers.length).toBeGreaterThan(0)
  for (const answer of answers) {
    const set = answer.set.map(({ path, value }) => `${path}=${value}`)
    const kept = settings.filter((setting) => !set.some((other) => other.split('=')[0] === setting.split('=')[0]))
    const { document: found, said } = compile(fields, [...kept, ...set], more)
    expect(said).toBe('')
    expect(answer.peak).toBeLessThanOrEqual(memory.capacity * 0.95)
    expect(found.memory).toMatchObject({ peak: answer.peak, fits: true })
    expect(found.time.samplesPerSecond).toBeCloseTo(answer.samplesPerSecond, 6)
  }
}

const pathsOf = ({ answers }: Document) => answers.map(({ set }) => set.map(({ path }) => path))
const settingsOf = ({ answers }: Document) => answers.map(({ set }) => set.map(({ path, value }) => `${path}=${value}`))

it('a batch that is too large', () => {
  const { said, document, diagnostics } = compile('batch = 512 per device')
  expect(said).toMatchSnapshot()
  const { answers } = document
  expectTrue(document, 'batch = 512 per device')
  // The fix is the cheapest answer if the file sets the field.
  const fix = diagnostics[0]?.fix
  const [first] = answers[0]?.set ?? []
  if (first?.path === 'train.batch') expect(fix?.replacement).toBe(first.value)
})

it('centers that are too many', () => {
  const { document, diagnostics } = compile('batch = 16 per device', ['dataset.identities=4000000'])
  expect(brief(diagnostics)).toEqual(['ARC5004 22:13 peak: 1.24 GiB, capacity: 1 GiB, device: a small GPU'])
  expect(diagnostics[0]?.notes).toEqual([
    expect.stringMatching(/centers.* 488 MiB/),
    expect.stringMatching(/`centers\.state = int8`: 863 MiB, 1470 samples/),
    expect.stringMatching(/`machine\.nodes = 2`: 782 MiB, 4830 samples.* 64 %/),
  ])
  expect(pathsOf(document)).toContainEqual(['machine.nodes'])
  expectTrue(document, 'batch = 16 per device', ['dataset.identities=4000000'])
})

it.each([
  [1, false],
  [2, true],
])('more computers like this one, of %i, only where there are several', (nodes, isProposed) => {
  const machine = `machine=cpu(devices: 4, memory: 1 GiB, nodes: ${nodes})`
  const settings = [machine, 'train.precision=f32', `dataset.identities=${nodes * 4_000_000}`]
  const { document } = compile('batch = 16 per device', settings)
  expect(document.answers.length).toBeGreaterThan(0)
  expect(pathsOf(document).flat().includes('machine.nodes')).toBe(isProposed)
})

it('a batch of all devices is divided among more of them', () => {
  const settings = ['dataset.identities=4000000']
  const { document } = compile('batch = 64 global', settings)
  expect(settingsOf(document)).toContainEqual(['machine.nodes=2'])
  expectTrue(document, 'batch = 64 global', settings)
})

it('not among so many that it does not divide', () => {
  const settings = ['dataset.identities=13000000', 'dataset.per_identity=1', 'centers.sample_rate=1%']
  const answers = (fields: string) => settingsOf(compile(fields, settings).document)
  expect(answers('batch = 24 per device')).toEqual([['machine.nodes=4']])
  // 24 are six for each of four devices, and three for each of eight; sixteen devices cannot have as many each.
  const [divided] = answers('batch = 24 global')
  expect(divided).toContain('machine.nodes=2')
  expect(divided).not.toEqual(['machine.nodes=2'])
})

it('a batch beyond those that `auto` chooses', () => {
  const { document } = compile('batch = 4096 per device', ['machine.memory=8 GiB'])
  expect(settingsOf(document)[0]).toEqual(['train.batch=2048 per device'])
  expectTrue(document, 'batch = 4096 per device', ['machine.memory=8 GiB'])
})

it('more of the recomputation that there is already', () => {
  const net = ['backbone=iresnet(depths: [1, 1, 20, 1], channels: [8, 16, 128, 64], stem: 8, embedding: 64)']
  const fields = 'batch = 384 per device\n recompute = cheap'
  const { document } = compile(fields, net)
  expect(settingsOf(document)).toContainEqual(['train.recompute=blocks'])
  expectTrue(document, fields, net)
})

it('parts of the batch', () => {
  const { document } = compile('batch = 512 per device')
  expect(settingsOf(document)).toContainEqual(['train.accumulate=4'])
})

describe('8-bit state', () => {
  const settings = ['dataset.identities=4000000']

  it('where one number is kept of a weight', () => {
    const { document } = compile('batch = 16 per device', settings)
    expect(settingsOf(document)).toContainEqual(['centers.state=int8'])
  })

  it('not where two are', () => {
    const adam = [...settings, 'train.optimizer=adamw(lr: 0.1)', 'dataset.identities=3000000']
    const { document } = compile('batch = 16 per device', adam)
    expect(settingsOf(document).flat()).not.toContain('centers.state=int8')
    expectTrue(document, 'batch = 16 per device', adam)
  })
})

it('what the experiment requires is kept', () => {
  const more = 'require step.time < 0.05 s'
  const { document } = compile('batch = 512 per device', [], more)
  expectTrue(document, 'batch = 512 per device', [], more)
  const free = compile('batch = 512 per device').document
  expect(settingsOf(document)).not.toEqual(settingsOf(free))
})

it('what was chosen for `auto` is part of an answer', () => {
  const settings = ['dataset.identities=9000000', 'dataset.per_identity=1']
  const { document } = compile('batch = auto', settings)
  expectTrue(document, 'batch = auto', settings)
  for (const paths of pathsOf(document)) expect(paths).toContain('train.batch')
})

it('several changes together, where one is not enough', () => {
  const { document } = compile('batch = 1024 per device', ['dataset.identities=5000000'])
  expect(document.answers.length).toBeGreaterThan(0)
  for (const answer of document.answers) expect(answer.set.length).toBeGreaterThan(1)
  // The batch is the largest that fits together with the other change.
  for (const answer of document.answers) expect(answer.peak).toBeGreaterThan(0.8 * document.memory.capacity)
  expectTrue(document, 'batch = 1024 per device', ['dataset.identities=5000000'])
})

it('nothing, where nothing helps', () => {
  const { document, diagnostics } = compile('batch = 16 per device', ['dataset.identities=400000000'])
  expect(document.answers).toEqual([])
  expect(brief(diagnostics).map((line) => line.slice(0, 7))).toEqual(['ARC5004'])
  expect(diagnostics[0]?.notes).toHaveLength(2)
})

it('a plan that fits has none', () => {
  expect(compile('batch = 16 per device').document.answers).toEqual([])
})
