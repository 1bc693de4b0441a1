/** The GPUs of the standard library, compared with their drivers' reports. */
import { expect, it } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { findGpu, gpuTable } from '../../runtime/xla/exact/gpus.ts'
import { memoryHost } from '../helpers/diagnose.ts'
import { resolveBody } from '../helpers/resolve.ts'

const text = need(memoryHost().readStdlib('machines'), 'machines').text
const machines = [...text.matchAll(/^machine (dgx_\w+)/gm)].map((match) => match[1] ?? '')

it('every GPU server of the standard library is here', () => {
  expect(machines).toEqual(['dgx_v100', 'dgx_a100', 'dgx_h100', 'dgx_h200'])
  expect([...text.matchAll(/driver = "/g)]).toHaveLength(machines.length)
})

it.each(machines)('%s has the memory that the driver reports', (name) => {
  const { device } = need(resolveBody(`machine = ${name}`).experiment, name).machine
  const gpu = need(findGpu(need(device.compute, 'compute'), device.memory), device.name)
  expect(device.memory).toBe(gpu.memory)
  expect(gpuTable).toContain(gpu)
})
