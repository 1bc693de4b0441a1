/** Ledgers by hand. Legend: D embedding width, C classes, R devices. */
import { describe, expect, it } from 'vitest'
import type { DeviceSpec } from '../../../compiler/experiment/experiment.ts'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import type { StateTensor } from '../../../compiler/ir/state-tensor.ts'
import { buildLedger } from '../../../compiler/plan/ledger.ts'
import { planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const device: DeviceSpec = {
  name: 'paper',
  driver: undefined,
  kind: 'cuda',
  compute: undefined,
  memory: 3 * 2 ** 20,
  reserve: 2 ** 19,
  bandwidth: 1,
  flops: { f32: 1, f16: undefined, bf16: undefined },
  source: undefined,
}

const matrix = { dtype: 'f32', shape: [256, 256] } as const
/** Bytes of one matrix. */
const unit = 256 * 256 * 4

const tensor = (name: string, role: StateTensor['role']): StateTensor => ({
  name,
  role,
  ...matrix,
  placement: 'replicated',
  storage: 'whole',
  holds: [{ name, shape: [1], layout: 'same' }],
})

describe('a step of one product', () => {
  // x·w forward, its gradient of w from y itself, and w's update in place.
  const b = new GraphBuilder('step', 2)
  const w = b.input('w', matrix)
  const velocity = b.input('w.velocity', matrix)
  const x = b.input('x', matrix)
  const y = ops.matmul(b, x, w)
  const own = b.within({ phase: 'backward' }, () => ops.matmul(b, x, y, { transposeLhs: true }))
  const summed = b.within({ phase: 'backward' }, () => b.addAll('all_reduce', [own], { reduction: 'sum' }))[0] ?? own
  const [next, moved] = b.within({ phase: 'update' }, () => {
    const v = ops.add(b, ops.multiply(b, velocity, 0.9), summed)
    return [ops.subtract(b, w, v), v]
  })
  const graph = b.finish([
    { name: 'w', value: next ?? y },
    { name: 'w.velocity', value: moved ?? y },
  ])
  const { memory, temporary } = buildLedger(graph, [tensor('w', 'parameter'), tensor('v', 'optimizer')], device)

  it('counts state, inputs, what the backward pass needs, and the reserve', () => {
    // At the peak y and its gradient are alive; the sum and the new weights replace their operands in place.
    expect(memory.lines.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['weights', unit],
      ['optimizer state', unit],
      ['inputs', unit],
      ['activations', unit],
      ['gradients', unit],
      ['reserve', 2 ** 19],
    ])
    expect(temporary).toBe(2 * unit)
  })

  it('adds up, and says whether it fits', () => {
    expect(memory.peak).toBe(5 * unit + 2 ** 19)
    expect(memory).toMatchObject({ capacity: 3 * 2 ** 20, fits: true })
    expect(buildLedger(graph, [], { ...device, memory: memory.peak - 1 }).memory.fits).toBe(false)
  })
})

describe('centers', () => {
  const D = 16
  const C = 4096
  const lines = (body: string) => {
    const text = experimentText(`dataset = synthetic(identities: ${C}, per_identity: 8)\n${body}`)
    const { memory } = planOf(text, { experiment: 'run' }).document
    const bytes = (name: string) => memory.lines.find((line) => line.name === name)?.bytes ?? 0
    return { centers: bytes('centers'), state: bytes('centers state') }
  }

  it.each([
    ['sharded over R = 2', '', (C / 2) * D * 4, (C / 2) * D * 4],
    ['replicated', 'centers.placement = replicate', C * D * 4, C * D * 4],
    ['in 16 bits', 'centers { weights = bf16, state = bf16 }', (C / 2) * D * 2, (C / 2) * D * 2],
    ['in 8 bits, with a factor for each', 'centers { state = int8 }', (C / 2) * D * 4, (C / 2) * (D + 4)],
    ['with two moments', 'train.optimizer = adamw(lr: 0.1)', (C / 2) * D * 4, 2 * (C / 2) * D * 4],
  ])('%s', (_, body, centers, state) => {
    expect(lines(body)).toEqual({ centers, state })
  })
})

it('a chunked head needs a chunk of logits, not all of them', () => {
  const peak = (classes: number) => {
    const body = `dataset = synthetic(identities: ${classes}, per_identity: 2)\ntrain.batch = 64 per device`
    const { lines } = planOf(experimentText(body), { experiment: 'run' }).document.memory
    return lines.filter(({ name }) => !name.startsWith('centers')).reduce((sum, line) => sum + line.bytes, 0)
  }
  // 128 rows of logits for a million more classes on each device would be 512 MB.
  expect(peak(4_000_000) - peak(2_000_000)).toBeLessThan(2 ** 20)
})
