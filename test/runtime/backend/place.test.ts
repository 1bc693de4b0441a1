/** Where plans run: declared machines and the driver's information. */
import { describe, expect, it } from 'vitest'
import { exitCode } from '../../../cli/render/exit.ts'
import { describeFailure } from '../../../cli/render/failure.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { place } from '../../../runtime/backend/place.ts'
import type { CudaDriver, CudaGpu } from '../../../runtime/cuda/driver.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { anError } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

const gib = 2 ** 30
type Card = Omit<CudaGpu, 'index'>
const v100: Card = { name: 'Tesla V100-SXM2-32GB', memory: 34_089_730_048, compute: [7, 0] }
const a100: Card = { name: 'NVIDIA A100-SXM4-80GB', memory: 85_100_068_864, compute: [8, 0] }
const a100Small: Card = { name: 'NVIDIA A100-SXM4-40GB', memory: 42_331_013_120, compute: [8, 0] }
const h100: Card = { name: 'NVIDIA H100 80GB HBM3', memory: 84_942_979_072, compute: [9, 0] }
const h200: Card = { name: 'NVIDIA H200', memory: 151_397_597_184, compute: [9, 0] }

const times = (count: number, card: Card) => Array.from({ length: count }, () => card)
const driver = (cards: readonly Card[], cuda: readonly [number, number] = [12, 4]): CudaDriver => ({
  found: true,
  version: '550.54.15',
  cuda,
  gpus: cards.map((card, index) => ({ ...card, index })),
  nvlink: cards.length > 1,
})

const machineOf = (text: string) => need(resolveBody(`machine = ${text}`).experiment, text).machine
const placed = (text: string, found: CudaDriver, options: Partial<Parameters<typeof place>[1]> = {}) =>
  place(machineOf(text), { engine: 'xla', emulate: false, ...options }, () => found)

function refusal(...args: Parameters<typeof placed>): ArccError {
  try {
    placed(...args)
  } catch (error) {
    if (error instanceof ArccError) return error
    throw error
  }
  throw new Error('it runs')
}

/** The code and the parameters of a refusal; of the alternatives only the options, without their descriptions. */
function factsOf({ code, params: { ways, ...params } }: ArccError) {
  return {
    code,
    params,
    ways: String(ways)
      .split('\n')
      .map((way) => way.split(/ {2,}/)[0]),
  }
}

const indices = (...args: Parameters<typeof placed>) => {
  const placement = placed(...args)
  return placement.on === 'cuda' ? placement.gpus.map((gpu) => gpu.index) : placement.on
}

const noDriver: CudaDriver = { found: false, reason: 'no-library', detail: 'no NVIDIA driver is installed' }
const noDevice: CudaDriver = {
  found: false,
  reason: 'no-device',
  detail: 'the NVIDIA driver shows no GPU; CUDA_VISIBLE_DEVICES is ""',
}

describe('a machine that is here', () => {
  it.each<readonly [string, string, CudaDriver, readonly number[]]>([
    ['8 H100 for 8 H100', 'dgx_h100', driver(times(8, h100)), [0, 1, 2, 3, 4, 5, 6, 7]],
    ['the first 8 of 9', 'dgx_h100(nodes: 1)', driver(times(9, h100)), [0, 1, 2, 3, 4, 5, 6, 7]],
    ['8 V100 on the driver of CUDA 12.0', 'dgx_v100', driver(times(8, v100), [12, 0]), [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('%s', (_, machine, found, gpus) => {
    expect(placed(machine, found)).toMatchObject({ on: 'cuda', plan: 'declared' })
    expect(indices(machine, found)).toEqual(gpus)
    expect(placed(machine, found)).not.toHaveProperty('note')
  })

  it('is planned with the memory that its driver reports', () => {
    const memory = h100.memory + 577_437_696
    expect(placed('dgx_h100', driver(times(8, { ...h100, memory })))).toMatchObject({ plan: { memory } })
  })

  it('is a CPU, without a look at the driver', () => {
    const ask = () => {
      throw new Error('asked')
    }
    const cpu = machineOf('cpu(devices: 4)')
    expect(place(cpu, { engine: 'xla', emulate: false }, ask)).toEqual({ on: 'cpu', emulated: false })
    expect(place(cpu, { engine: 'tfjs', emulate: true }, ask)).toEqual({
      on: 'cpu',
      emulated: false,
      note: '`cpu` is a CPU machine and does not need --emulate',
    })
  })

  it('is known by its compute capability where the declaration has no name of the driver', () => {
    const text = (compute: string) => `      devices_per_node = 1, device = card\n links { within = pcie(1 GB/s) } }
device card { kind = cuda, compute = ${compute}, memory = 20 GiB, bandwidth = 1 GB/s\n flops { f32 = 1 TFLOP/s } }`
    const own = (compute: string) =>
      need(resolveBody('machine = mine', `machine mine {\n${text(compute)}`).experiment, 'mine').machine
    const found = () => driver([a100Small])
    expect(place(own('8.0'), { engine: 'xla', emulate: false }, found)).toMatchObject({
      plan: { memory: a100Small.memory },
    })
    expect(place(own('7.5'), { engine: 'xla', emulate: false }, found)).toMatchObject({ plan: 'others' })
  })
})

describe('other cards with at least the memory', () => {
  it.each<readonly [string, string, CudaDriver, readonly number[], string]>([
    ['H200 for H100', 'dgx_h100', driver(times(8, h200)), [0, 1, 2, 3, 4, 5, 6, 7], '8 × NVIDIA H200 (141 GiB)'],
    [
      'H100 for V100',
      'dgx_v100',
      driver(times(8, h100)),
      [0, 1, 2, 3, 4, 5, 6, 7],
      '8 × NVIDIA H100 80GB HBM3 (79.1 GiB)',
    ],
    [
      'the declared ones first, then what there is most of',
      'dgx_a100',
      driver([...times(2, h100), h200, ...times(6, a100), ...times(3, v100)]),
      [0, 1, 3, 4, 5, 6, 7, 8],
      '2 × NVIDIA H100 80GB HBM3 (79.1 GiB), 6 × NVIDIA A100-SXM4-80GB (79.3 GiB)',
    ],
  ])('%s run with a note and are planned for', (_, machine, found, gpus, list) => {
    const note = `the experiment declares ${machineOf(machine).device.name}; it is planned for and runs on ${list}`
    expect(placed(machine, found)).toMatchObject({ on: 'cuda', plan: 'others', note })
    expect(indices(machine, found)).toEqual(gpus)
  })

  it('cards of other sorts are left alone where the declared ones suffice', () => {
    const found = driver([...times(4, h200), ...times(8, h100)])
    expect(placed('dgx_h100', found)).toMatchObject({ plan: 'declared' })
    expect(indices('dgx_h100', found)).toEqual([4, 5, 6, 7, 8, 9, 10, 11])
  })
})

describe('a machine that is not here is refused', () => {
  it.each<readonly [string, Parameters<typeof placed>]>([
    ['no driver', ['dgx_v100', noDriver]],
    ['a driver without a device', ['dgx_v100', noDevice]],
    ['an old driver', ['dgx_h100', driver(times(8, h100), [11, 8])]],
    ['4 of 8 GPUs', ['dgx_h100', driver(times(4, h100))]],
    ['A100 40 GB for 80 GB', ['dgx_a100', driver(times(8, a100Small))]],
    ['mixed cards, not all large enough', ['dgx_h100', driver([...times(6, h100), a100Small, a100Small])]],
    ['two computers', ['dgx_h100(nodes: 2)', driver(times(8, h100))]],
    ['the engine tfjs', ['dgx_h100', driver(times(8, h100)), { engine: 'tfjs' }]],
  ])('%s', (_, args) => {
    const error = refusal(...args)
    expect(factsOf(error)).toMatchSnapshot()
    expect(describeFailure(error, documentLook.palette, false).exitCode).toBe(exitCode.environment)
  })

  it('as people see it', () => {
    const error = refusal('dgx_h100', driver(times(4, h100)))
    expect(describeFailure(error, documentLook.palette, false).lines.join('\n')).toMatchSnapshot()
  })

  it('though only just smaller cards are taken', () => {
    const memory = Math.round(h100.memory * 0.98)
    expect(placed('dgx_h100', driver(times(8, { ...h100, memory })))).toMatchObject({ plan: { memory } })
    expect(() => placed('dgx_h100', driver(times(8, { ...h100, memory: 75 * gib })))).toThrow(
      anError('ARC6053', { enough: 'none' }),
    )
  })
})

describe('--emulate', () => {
  it.each([
    ['dgx_v100', 'xla'],
    ['dgx_h100(nodes: 4)', 'xla'],
    ['dgx_h100', 'tfjs'],
  ] as const)('%s runs on virtual devices with the engine %s, whatever is here', (machine, engine) => {
    for (const found of [noDriver, driver(times(8, h100))])
      expect(placed(machine, found, { engine, emulate: true })).toEqual({ on: 'cpu', emulated: true })
  })
})
