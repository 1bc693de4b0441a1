/** The planner's choices for `auto` on small machines. */
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { compileText, planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const machines = `
let wide = iresnet(depths: [2, 2, 2, 2], channels: [16, 16, 32, 32], stem: 16, embedding: 64)
let deep = iresnet(depths: [1, 1, 30, 1], channels: [8, 16, 128, 64], stem: 8, embedding: 64)

device small(memory: bytes) {
  kind = cuda, compute = 7.0, memory = memory, bandwidth = 900 GB/s
  flops { f32 = 15 TFLOP/s, f16 = 120 TFLOP/s }
}
machine box(memory: bytes, devices: int = 8, speed: bandwidth = 100 GB/s) {
  devices_per_node = devices, device = small(memory: memory)
  links { within = nvlink(speed) }
}`

const done = new Map<string, Plan>()

/** What several tests look at is planned once. */
function plan(body: string): Plan {
  const known = done.get(body) ?? planned(body)
  done.set(body, known)
  return known
}

function planned(body: string): Plan {
  const dataset = body.includes('dataset') ? '' : 'dataset = synthetic(identities: 2000, per_identity: 100)'
  const text = experimentText(`${dataset}\n${body}`, machines)
  return planOf(text, { experiment: 'run' })
}

describe('batch', () => {
  it.each([
    ['100 MiB', /needs \d.*; \d+ would need .*, and 5 % must stay free/],
    ['32 GiB', 'arcc does not choose a larger one automatically'],
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
    expect(document.choices[0]?.why).toContain('an epoch would have fewer than 10 steps')
  })

  it('that even the smallest is too much for is said', () => {
    const { document } = plan('machine = box(memory: 1 MiB)\n train.batch = auto')
    // Batch normalization needs two images.
    expect(document.choices[0]).toMatchObject({ value: '2 per device', why: 'the smallest possible' })
    expect(document.memory.fits).toBe(false)
    const synced = plan('machine = box(memory: 1 MiB)\n train { batch = auto, batch_norm = synced }')
    expect(synced.document.choices[0]).toMatchObject({ value: '1 per device' })
  })

  it('of two images where there are hardly more', () => {
    const { document } = plan(
      'machine = box(memory: 32 GiB)\n dataset = synthetic(identities: 16, per_identity: 2)\n train.batch = auto',
    )
    expect(document.choices[0]).toMatchObject({ value: '2 per device', why: 'the smallest possible' })
  })
})

describe('require', () => {
  const bound = (require: string) =>
    plan(`machine = box(memory: 32 GiB)\n backbone = wide\n train { batch = auto, precision = f16 }\n ${require}`)
      .document

  it('memory.peak', () => {
    const { memory, choices } = bound('require memory.peak < 600 MiB')
    expect(memory.peak).toBeLessThan(600 * 2 ** 20)
    expect(choices[0]?.why).toMatch(/^\d+ needs \d.*; \d+ would need .*, and < 600 MiB is required$/)
  })

  it('step.time', () => {
    const { time, choices } = bound('require step.time <= 20 ms')
    expect(time.secondsPerStep).toBeLessThanOrEqual(0.02)
    expect(choices[0]?.why).toMatch(/^\d+ needs \d.*; \d+ would have step.time .* ms, and <= 20 ms is required$/)
  })

  it('decides on recomputation', () => {
    const at = (require: string) =>
      plan(
        `machine = box(memory: 32 GiB)\n backbone = wide\n train { batch = 128 per device, recompute = auto, precision = f16 }\n ${require}`,
      ).document.choices
    expect(at('')).toMatchObject([{ value: 'none' }])
    expect(at('require memory.peak < 400 MiB')).toMatchObject([
      {
        value: 'cheap',
        why: expect.stringMatching(/^without recomputation the step would need \d+ MiB, and < 400 MiB is required$/),
      },
    ])
  })

  it('decides on the placement', () => {
    const at = (require: string) =>
      plan(
        `dataset = synthetic(identities: 100000, per_identity: 2)\n machine = box(memory: 32 GiB, speed: 1 GB/s)\n centers.placement = auto\n ${require}`,
      ).document
    const [free] = at('').choices
    const peaks = ['shard', 'replicate'].map(
      (placement) =>
        plan(
          `dataset = synthetic(identities: 100000, per_identity: 2)\n machine = box(memory: 32 GiB, speed: 1 GB/s)\n centers.placement = ${placement}`,
        ).document.memory.peak,
    )
    expect(free?.why).toMatch(/samples\/s/)
    const limit = Math.ceil(Math.max(...peaks) / 2 ** 20) - 1
    const { choices, memory } = at(`require memory.peak < ${limit} MiB`)
    expect(choices).toMatchObject([{ value: 'shard' }])
    expect(memory.peak).toBe(Math.min(...peaks))
  })

  it('of more than there is to be had leaves the fastest', () => {
    const { diagnostics, plan: found } = compileText(
      experimentText(
        'machine = box(memory: 32 GiB)\n train.recompute = auto\n require throughput > 1e9 samples/s',
        machines,
      ),
      { experiment: 'run' },
    )
    expect(diagnostics.map(({ code }) => code)).toEqual(['ARC5003'])
    expect(found?.document.choices).toMatchObject([{ value: 'none' }])
  })

  it('that nothing keeps is said', () => {
    const text = experimentText(
      'machine = box(memory: 32 GiB)\n train { batch = auto, recompute = auto }\n require memory.peak < 1 MiB',
      machines,
    )
    const { diagnostics } = compileText(text, { experiment: 'run' })
    expect(diagnostics.map(({ code }) => code)).toEqual(['ARC5003'])
  })
})

describe('recompute', () => {
  const at = (memory: string, net = 'wide') =>
    plan(
      `machine = box(memory: ${memory})\n backbone = ${net}\n train { recompute = auto, batch = 128 per device, precision = f16 }`,
    )

  it('not if the step fits without it', () => {
    expect(at('32 GiB').document.choices).toMatchObject([{ path: 'train.recompute', value: 'none' }])
  })

  it('of what is cheap where that is enough', () => {
    const whole = at('32 GiB').document.memory.peak
    const { choices, memory } = at(`${Math.ceil((whole * 0.9) / 2 ** 20)} MiB`).document
    expect(choices).toMatchObject([{ path: 'train.recompute', value: 'cheap' }])
    expect(choices[0]?.why).toMatch(/^without recomputation the step needs \d/)
    expect(memory.peak).toBeLessThan(whole)
    expect(memory.fits).toBe(true)
  })

  it('of whole blocks where nothing else is left', () => {
    const { choices } = at('400 MiB', 'deep').document
    expect(choices).toMatchObject([{ path: 'train.recompute', value: 'blocks' }])
  })

  it('of what needs least where nothing fits', () => {
    const needs = (net: string) => at('64 MiB', net).document.choices[0]?.value
    expect([needs('wide'), needs('deep')]).toEqual(['cheap', 'blocks'])
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

  it('with fewer classes than devices', () => {
    const text = 'dataset = synthetic(identities: 4, per_identity: 1000)\n machine = box(memory: 1 GiB)'
    const { choices } = plan(`${text}\n centers.placement = auto`).document
    expect(choices).toMatchObject([{ value: 'replicate', why: '4 classes cannot be split over 8 devices' }])
  })

  it('on one device there is nothing to choose', () => {
    const { choices } = at('box(memory: 1 GiB, devices: 1)')
    expect(choices[0]).toMatchObject({ value: 'shard', why: 'both are the same on one device' })
  })
})
