/** The options of each kind of device, without a device. */
import { describe, expect, it } from 'vitest'
import { backendOf } from '../../../runtime/backend/backend-of.ts'
import { clientError } from '../../../runtime/backend/client-error.ts'
import type { CudaGpu } from '../../../runtime/cuda/driver.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { PjrtError } from '../../../runtime/xla/pjrt/errors.ts'
import { namedValue, type OptionValue } from '../../../runtime/xla/pjrt/named-value.ts'

const gib = 2 ** 30
const gpu = (index: number, free?: number): CudaGpu => ({
  index,
  name: 'a card',
  memory: 80 * gib,
  compute: [9, 0],
  ...(free === undefined ? {} : { free }),
})

it('the CPU makes virtual devices', () => {
  expect(backendOf({ kind: 'cpu', devices: 8 }, oneProcess(8))).toMatchObject({
    kind: 'cpu',
    devices: 8,
    createOptions: { cpu_device_count: { integer: 8 } },
  })
})

describe('CUDA', () => {
  const backend = (gpus: readonly CudaGpu[], world = oneProcess(gpus.length)) =>
    backendOf({ kind: 'cuda', gpus, memory: 78 * gib }, world)
  const optionsOf = (gpus: readonly CudaGpu[]) => backend(gpus).createOptions

  it('takes the chosen GPUs alone, and of their memory what the plan counts on', () => {
    expect(optionsOf([gpu(2), gpu(5)])).toEqual({
      memory_fraction: { float: 78 / 80 },
      preallocate: { flag: true },
      visible_devices: { integers: [2, 5] },
    })
  })

  it('tells the plugin of the other processes, which it brings together', () => {
    const { createOptions, joinsProcesses } = backend([gpu(0), gpu(1)], { size: 8, local: 2, rank: 3 })
    expect(createOptions).toMatchObject({ node_id: { integer: 3 }, num_nodes: { integer: 4 } })
    expect(joinsProcesses).toBe(true)
    expect(backend([gpu(0)]).joinsProcesses).toBe(false)
  })

  it.each([
    ['a free card', [gpu(0, 80 * gib)], 78 / 80],
    ['a card of which its driver holds half a GiB', [gpu(0, 79.5 * gib)], 78 / 80],
    ['a card of which others hold 10 GiB', [gpu(0, 80 * gib), gpu(1, 70 * gib)], 68 / 80],
    ['a full card', [gpu(0, gib)], 0],
  ] as const)('%s', (_, gpus, share) => {
    expect(optionsOf(gpus)).toMatchObject({ memory_fraction: { float: share } })
  })
})

describe('options of PJRT', () => {
  /** Type, the eight bytes of the value, and its size. */
  const read = (value: OptionValue) => {
    const { bytes } = namedValue('name', value)
    return { type: bytes.readInt32LE(32), value: bytes.subarray(40, 48), size: bytes.readBigInt64LE(48) }
  }

  it.each<readonly [OptionValue, number, bigint]>([
    [{ integer: 8 }, 1, 8n],
    [{ flag: true }, 4, 1n],
    [{ flag: false }, 4, 0n],
  ])('%j', (option, type, number) => {
    const { value, ...rest } = read(option)
    expect(rest).toEqual({ type, size: 1n })
    expect(value.readBigInt64LE()).toBe(number)
  })

  it('a float is one of 32 bits', () => {
    const { type, value } = read({ float: 0.975 })
    expect({ type, value: value.readFloatLE() }).toEqual({ type: 3, value: Math.fround(0.975) })
  })

  it.each<readonly [OptionValue, number, bigint]>([
    [{ text: 'bfc' }, 0, 3n],
    [{ integers: [0, 3] }, 2, 2n],
  ])('%j is pointed to', (option, type, size) => {
    const { value, ...rest } = read(option)
    expect(rest).toEqual({ type, size })
    expect(value.readBigUInt64LE()).not.toBe(0n)
  })
})

describe('a refused client', () => {
  const cuda = { path: 'plugin.so', kind: 'cuda' } as const
  const refused = (message: string) => new PjrtError('PJRT_Client_Create', 'FAILED_PRECONDITION', message)

  it.each([
    ['No visible GPU devices.', 'ARC6057', {}],
    ['Unexpected option name passed to PJRT_Client_Create: visible_devices', 'ARC6056', cuda],
  ])('%s', (message, code, params) => {
    expect(clientError(refused(message), cuda)).toMatchObject({ code, params: { ...params, message } })
  })

  it('is itself where it says something else', () => {
    const error = refused('out of luck')
    expect(clientError(error, cuda)).toBe(error)
    expect(clientError('x', cuda)).toBe('x')
  })
})
