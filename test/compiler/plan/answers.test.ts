/** What the planner answers when a plan does not fit. */
import { expect, it } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { rendered } from '../../helpers/diagnose.ts'
import { compileText } from '../../helpers/plan.ts'

const text = (fields: string) => `use std.backbones: iresnet
use std.datasets
use std.machines
use std.margins

device small {
  kind = cuda, name = "a small GPU", compute = 7.0, memory = 1 GiB, bandwidth = 900 GB/s
  flops { f32 = 15 TFLOP/s, f16 = 120 TFLOP/s }
}
machine box(nodes: int = 1) {
  nodes = nodes, devices_per_node = 4, device = small
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
}
`

function compile(fields: string, settings: readonly string[] = []) {
  const { plan, diagnostics } = compileText(text(fields), { settings })
  return { document: need(plan, 'a plan').document, said: rendered(diagnostics), diagnostics }
}

it('a batch that is too large', () => {
  const { said, document, diagnostics } = compile('batch = 512 per device')
  expect(said).toMatchSnapshot()
  const { answers } = document
  for (const answer of answers) {
    expect(answer.peak).toBeLessThanOrEqual(document.memory.capacity)
    // An answer is what a plan with it says.
    const settings = answer.set.map(({ path, value }) => `${path}=${value}`)
    const { document: planned } = compile('batch = 512 per device', settings)
    expect(planned.memory).toMatchObject({ peak: answer.peak, fits: true })
    expect(planned.time.samplesPerSecond).toBeCloseTo(answer.samplesPerSecond, 6)
  }
  // The fix is the cheapest answer where the file writes the field.
  const fix = diagnostics[0]?.fix
  const [first] = answers[0]?.set ?? []
  if (first?.path === 'train.batch') expect(fix?.replacement).toBe(first.value)
})

it('centers that are too many', () => {
  const { said, document } = compile('batch = 16 per device', ['dataset.identities=4000000'])
  expect(said).toMatchSnapshot()
  expect(document.answers.map(({ set }) => set.map(({ path }) => path))).toContainEqual(['machine.nodes'])
})

it('several changes together, where one is not enough', () => {
  const { document } = compile('batch = 1024 per device', ['dataset.identities=5000000'])
  expect(document.answers.length).toBeGreaterThan(0)
  for (const answer of document.answers) expect(answer.set.length).toBeGreaterThan(1)
})

it('nothing, where nothing helps', () => {
  const { document, said } = compile('batch = 16 per device', ['dataset.identities=400000000'])
  expect(document.answers).toEqual([])
  expect(said).toContain('no smaller batch, recomputation, smaller state or larger machine that arcc tried is enough')
})

it('a plan that fits has none', () => {
  expect(compile('batch = 16 per device').document.answers).toEqual([])
})
