import { expect, it } from 'vitest'
import type { MachineSpec } from '../../../compiler/experiment/experiment.ts'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { opCosts } from '../../../compiler/ir/cost.ts'
import { equalLinks, publishedLinks } from '../../../compiler/plan/links.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { experimentText, resolveText } from '../../helpers/resolve.ts'

/** The cost of one collective over this many f32 numbers per device. */
function collective(kind: 'all_reduce' | 'all_gather' | 'reduce_scatter', devices: number, numbers: number) {
  const b = new GraphBuilder('links', devices)
  const x = b.input('x', { dtype: 'f32', shape: [numbers] })
  const values = kind === 'all_reduce' ? b.addAll(kind, [x], { reduction: 'sum' }) : b.addAll(kind, [x], { dim: 0 })
  const graph = b.finish(values.map((value, i) => ({ name: `y${i}`, value })))
  return need(
    opCosts(graph).find(({ op }) => op.kind === kind),
    kind,
  )
}

it.each([
  // 4 MB over 8 devices: each sends 2·7/8 of it.
  ['all_reduce', 8, 1_000_000, (2 * 7 * 4e6) / 8 / 1e9 + 14e-6],
  // Of 4 MB from each device, each one forwards the data of 7 others.
  ['all_gather', 8, 1_000_000, (7 * 4e6) / 1e9 + 7e-6],
  ['reduce_scatter', 8, 1_000_000, (7 * 4e6) / 8 / 1e9 + 7e-6],
  // Four bytes over 64 devices: a tree of six levels, up and down.
  ['all_reduce', 64, 1, 12e-6],
] as const)('%s over %i devices of %i numbers', (kind, devices, numbers, seconds) => {
  const found = equalLinks(devices, 1e9, 1e-6).of(collective(kind, devices, numbers))
  expect(found).toBeGreaterThan(0)
  expect(Math.abs(found / seconds - 1)).toBeLessThan(kind === 'all_reduce' && numbers === 1 ? 0.01 : 1e-9)
})

it('one device has nothing to send', () => {
  expect(equalLinks(1, 1e9, 1e-6).of(collective('all_reduce', 1, 1000))).toBe(0)
})

function machine(text: string): MachineSpec {
  return need(resolveText(experimentText(`machine = ${text}`), { name: 'run' }).experiment, text).machine
}

it.each([
  // 4·10⁸ bytes at 80 % of 150 GB/s, seven hops in each direction of the sum.
  ['all_reduce', 'dgx_v100(nodes: 1)', 1e8, (2 * 7 * 4e8) / 8 / 120e9 + 14 * 3e-6],
  // Between computers at 80 % of 50 GB/s; of a piece's 15 hops, two are between computers.
  ['all_reduce', 'dgx_v100(nodes: 2)', 1e8, (2 * 15 * 4e8) / 16 / 40e9 + 2 * (2 * 8e-6 + 13 * 3e-6)],
  ['all_gather', 'dgx_v100(nodes: 128)', 1e3, (1023 * 4e3) / 40e9 + 128 * 8e-6 + 895 * 3e-6],
  // A tree: seven levels of computers, three in each.
  ['all_reduce', 'dgx_v100(nodes: 128)', 1e3, (2 * 4e3) / 40e9 + 2 * (7 * 8e-6 + 3 * 3e-6)],
] as const)('%s on %s waits for the link between computers where it crosses it', (kind, text, numbers, seconds) => {
  const spec = machine(text)
  const found = publishedLinks(spec).of(collective(kind, spec.nodes * spec.devicesPerNode, numbers))
  expect(found).toBeCloseTo(seconds, 9)
})

it('with one device in each computer, every hop is between computers', () => {
  const spec = { ...machine('dgx_v100(nodes: 4)'), devicesPerNode: 1 }
  const found = publishedLinks(spec).of(collective('all_gather', 4, 1e6))
  expect(found).toBeCloseTo((3 * 4e6) / 40e9 + 3 * 8e-6, 9)
})
