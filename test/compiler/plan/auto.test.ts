/** What the planner puts in the place of `auto`, on small machines made for the purpose. */
import { describe, expect, it } from 'vitest'
import { planText } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const machines = `
let wide = iresnet(depths: [2, 2, 2, 2], channels: [16, 16, 32, 32], stem: 16, embedding: 64)

device small(memory: bytes) {
  kind = cuda, compute = 7.0, memory = memory, bandwidth = 900 GB/s
  flops { f32 = 15 TFLOP/s, f16 = 120 TFLOP/s }
}
machine box(memory: bytes, devices: int = 8, speed: bandwidth = 100 GB/s) {
  devices_per_node = devices, device = small(memory: memory)
  links { within = nvlink(speed) }
}`

function plan(body: string) {
  const dataset = body.includes('dataset') ? '' : 'dataset = synthetic(identities: 2000, per_identity: 100)'
  const text = experimentText(`${dataset}\n${body}`, machines)
  return planText(text, { experiment: 'run' })
}

describe('batch', () => {
  it.each([
    ['100 MiB', /takes \d.*; \d+ would take .*, and 5 % are to stay free/],
    ['32 GiB', 'and arcc chooses no larger one by itself'],
  ])('the largest that fits into %s', (memory, why) => {
    const found = plan(`machine = box(memory: ${memory})\n train.batch = auto`)
    const { document, run } = found
    expect(document.choices).toHaveLength(1)
    expect(document.choices[0]?.path).toBe('train.batch')
    expect(document.choices[0]?.value).toBe(`${run.batchPerDevice} per device`)
    expect(document.choices[0]?.why).toMatch(why)
    expect(document.memory.peak).toBeLessThanOrEqual(document.memory.capacity * 0.95)
    expect(document.schedule.batchPerDevice).toBe(run.batchPerDevice)
    expect(
      found.graphs.step.inputs.find(({ op }) => op.kind === 'input' && op.params.name === 'labels')?.type.shape,
    ).toEqual([run.batchPerDevice])
  })

  it('leaves ten steps to an epoch', () => {
    const { document } = plan(
      'machine = box(memory: 32 GiB)\n dataset = synthetic(identities: 100, per_identity: 100)\n train.batch = auto',
    )
    expect(document.schedule).toMatchObject({ batchPerDevice: 96, stepsPerEpoch: 13 })
    expect(document.choices[0]?.why).toContain('less than 10 steps would make an epoch')
  })

  it('that even one image is too much for is said', () => {
    const { document } = plan('machine = box(memory: 1 MiB)\n train.batch = auto')
    expect(document.choices[0]).toMatchObject({ value: '1 per device', why: 'the smallest there is' })
    expect(document.memory.fits).toBe(false)
  })
})

describe('recompute', () => {
  const at = (memory: string) =>
    plan(
      `machine = box(memory: ${memory})\n backbone = wide\n train { recompute = auto, batch = 128 per device, precision = f16 }`,
    )

  it('not where it fits without', () => {
    expect(at('32 GiB').document.choices).toMatchObject([{ path: 'train.recompute', value: 'none' }])
  })

  it('of what is cheap where that is enough', () => {
    const whole = at('32 GiB').document.memory.peak
    const { choices, memory } = at(`${Math.ceil((whole * 0.9) / 2 ** 20)} MiB`).document
    expect(choices).toMatchObject([{ path: 'train.recompute', value: 'cheap' }])
    expect(choices[0]?.why).toMatch(/^without it the step needs \d/)
    expect(memory.peak).toBeLessThan(whole)
    expect(memory.fits).toBe(true)
  })

  it('of whole blocks where nothing else is left', () => {
    const { choices } = at('64 MiB').document
    expect(choices).toMatchObject([{ path: 'train.recompute', value: 'blocks' }])
  })
})

describe('placement', () => {
  const at = (machine: string) => plan(`machine = ${machine}\n centers.placement = auto`).document

  it('the faster one, with the speed of the other', () => {
    const { choices, centers } = at('box(memory: 1 GiB)')
    expect(choices).toMatchObject([{ path: 'centers.placement', value: centers.placement }])
    expect(choices[0]?.why).toMatch(/^~\d+ samples\/s; `(shard|replicate)` would give ~\d+ samples\/s$/)
  })

  it('the one that fits', () => {
    const text =
      'dataset = synthetic(identities: 4000000, per_identity: 2)\n train.batch = 8 per device\n machine = box(memory: 400 MiB)'
    const { choices, centers } = plan(`${text}\n centers.placement = auto`).document
    expect(centers.placement).toBe('shard')
    expect(choices[0]?.why).toMatch(/^`replicate` needs \d/)
  })

  it('on one device there is nothing to choose', () => {
    const { choices } = at('box(memory: 1 GiB, devices: 1)')
    expect(choices[0]).toMatchObject({ value: 'shard', why: 'on one device both are the same' })
  })
})
