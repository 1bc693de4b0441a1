/** What `npm run bench:many` reads in XLA's programs and simulates. */
import { describe, expect, it } from 'vitest'
import { readModule } from '../../bench/hlo/module.ts'
import { bytesBetween, collectivesOf, joinsAll, readGroups } from '../../bench/many/collectives.ts'
import { plannedBetween } from '../../bench/many/exact.ts'
import { simulatedLinks } from '../../bench/many/ring.ts'
import { opCosts } from '../../compiler/ir/cost.ts'
import { publishedLinks } from '../../compiler/plan/links.ts'
import { planOf } from '../helpers/plan.ts'

describe('groups of devices', () => {
  it.each([
    ['replica_groups={{0,1},{2,3}}, dimensions={0}', '0 1, 2 3'],
    ['replica_groups={}', '0 1 2 3'],
    ['replica_groups=[1,4]<=[4], use_global_device_ids=true', '0 1 2 3'],
    ['replica_groups=[2,2]<=[4]', '0 1, 2 3'],
    ['replica_groups=[2,2]<=[2,2]T(1,0)', '0 2, 1 3'],
  ])('%s', (attributes, groups) => {
    const found = readGroups(attributes, 4).map((group) => group.join(' '))
    expect(found.join(', ')).toBe(groups)
  })

  it('in a form that is not known are not taken for all devices', () => {
    expect(() => readGroups('replica_groups=mesh[a=2,b=2] {a}', 4)).toThrow('replica groups')
  })
})

const program = `HloModule step, is_scheduled=true, entry_computation_layout={(f32[100]{0})->f32[100]{0}}

%sum (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %s = f32[] add(%a, %b)
}

%started (p: f32[100]) -> f32[100] {
  %p = f32[100]{0} parameter(0)
  ROOT %reduced = f32[100]{0} all-reduce(%p), replica_groups={{0,1,2,3}}, to_apply=%sum, metadata={op_name="gradients"}
}

ENTRY %main (x: f32[100]) -> f32[100] {
  %x = f32[100]{0} parameter(0)
  %start = ((f32[100]{0}), f32[100]{0}) async-start(%x), calls=%started, metadata={op_name="gradients"}
  %done = f32[100]{0} async-done(%start)
  %near = f32[200]{0} all-gather(%done), replica_groups=[2,2]<=[4], dimensions={0}, metadata={op_name="near"}
  %far = f32[50]{0} reduce-scatter(%near), replica_groups={}, dimensions={0}, to_apply=%sum, metadata={op_name="far"}
  ROOT %y = f32[100]{0} fusion(%near, %far), kind=kLoop, calls=%started
}
`

it('exchanges of a program with their bytes, and those that leave a computer', () => {
  const found = collectivesOf(readModule(program), 4)
  expect(found.map(({ kind, source, wireBytes }) => ({ kind, source, wireBytes }))).toEqual([
    { kind: 'all_reduce', source: 'gradients', wireBytes: (2 * 400 * 3) / 4 },
    { kind: 'all_gather', source: 'near', wireBytes: 400 },
    { kind: 'reduce_scatter', source: 'far', wireBytes: (800 * 3) / 4 },
  ])
  expect(found.map((collective) => joinsAll(collective, 4))).toEqual([true, false, true])
  expect(bytesBetween(found, 2)).toBe(600 + 600)
  expect(bytesBetween(found, 1)).toBe(600 + 400 + 600)
  expect(bytesBetween(found, 4)).toBe(0)
})

const small = (nodes: number) =>
  planOf(`use std.datasets: synthetic
use std.machines: dgx_h100
use std.margins: cosface
backbone small on Image(112, 112, 3) -> Vector(64) {
  input |> conv(8, kernel: 3, stride: 4) |> batch_norm |> prelu |> flatten |> linear(64)
}
experiment run {
  dataset = synthetic(identities: 10000, per_identity: 8)
  backbone = small
  margin = cosface(m: 0.4, scale: 64)
  machine = dgx_h100(nodes: ${nodes})
  train { batch = 16 per device, epochs = 1, precision = f16, optimizer = sgd(lr: 0.1, momentum: 0.9) }
}
`)

describe.each([2, 16, 64])('the step of %i computers', (nodes) => {
  const plan = small(nodes)
  const costs = opCosts(plan.graphs.step).filter((cost) => cost.class === 'collective')

  it('sends as many bytes as the rules of its ops say', () => {
    expect(costs.length).toBeGreaterThan(3)
    const sent = costs.reduce((sum, { wireBytes, times }) => sum + wireBytes * times, 0)
    expect(Math.abs(plannedBetween(plan) - sent)).toBeLessThan(costs.length)
  })

  it('takes as long with simulated rings as the plan says, to a tenth', () => {
    const [paper, simulated] = [publishedLinks(plan.run.machine), simulatedLinks(plan.run.machine)]
    for (const cost of costs) {
      const [planned, found] = [paper.of(cost), simulated.of(cost)]
      expect(planned).toBeGreaterThan(0)
      expect(Math.abs(found / planned - 1)).toBeLessThan(0.1)
    }
  })
})
