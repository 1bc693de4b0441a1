/** Ops take 1 s each on the simulated device, collectives 2 s; `e` is elementwise and has no kernel of its own. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import { forLoop } from '../../../compiler/ir/loop.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { type DeviceRates, hasKernel } from '../../../compiler/plan/device-rates.ts'
import { runOnPaper, type Timeline } from '../../../compiler/plan/timeline.ts'
import { need } from '../../../grammar/diagnostic.ts'

const device: DeviceRates = {
  basis: 'paper',
  perStep: () => 0,
  of: (cost) => ({ seconds: hasKernel(cost) ? 1 : 0, limit: cost.class === 'matmul' ? 'compute' : 'memory' }),
}
const links = { of: () => 2 }

const matrix = { dtype: 'f32', shape: [8, 8] } as const
const work = (b: GraphBuilder, x: Value) => ops.matmul(b, x, x)
const reduce = (b: GraphBuilder, x: Value) => need(b.addAll('all_reduce', [x], { reduction: 'sum' })[0], 'a sum')

function run(build: (b: GraphBuilder, x: Value) => readonly Value[]): Timeline {
  const b = new GraphBuilder('paper', 2)
  const x = b.input('x', matrix)
  return runOnPaper(b.finish(build(b, x).map((value, i) => ({ name: `y${i}`, value }))), device, links)
}

describe('a step on paper', () => {
  it.each<[string, (b: GraphBuilder, x: Value) => readonly Value[], Partial<Timeline>]>([
    ['ops follow one another', (b, x) => [work(b, work(b, x))], { seconds: 2, exposed: 0, links: 0 }],
    ['an op waits for the collective that it reads', (b, x) => [work(b, reduce(b, x))], { seconds: 3, exposed: 2 }],
    [
      'what nothing waits for runs beside the ops that come next',
      (b, x) => {
        const sum = reduce(b, x)
        return [work(b, work(b, work(b, x))), sum]
      },
      { seconds: 3, exposed: 0, links: 2 },
    ],
    [
      'only the rest of it is waited for',
      (b, x) => {
        const sum = reduce(b, x)
        return [ops.matmul(b, work(b, x), sum)]
      },
      { seconds: 3, exposed: 1, links: 2 },
    ],
    [
      'collectives share the links',
      (b, x) => [ops.matmul(b, reduce(b, x), reduce(b, work(b, x)))],
      { seconds: 5, exposed: 3, links: 4 },
    ],
    [
      'an op that is computed inside its reader makes the reader wait, not those before it',
      (b, x) => {
        const late = ops.add(b, reduce(b, x), 1)
        return [ops.sumAll(b, ops.multiply(b, work(b, x), late))]
      },
      { seconds: 3, exposed: 1 },
    ],
    ['a collective at the end is waited for', (b, x) => [reduce(b, work(b, x))], { seconds: 3, exposed: 2 }],
  ])('%s', (_, build, wanted) => {
    expect(run(build)).toMatchObject(wanted)
  })

  it('a loop runs its body again and again', () => {
    const found = run((b, x) =>
      forLoop(b, 5, [], [x], ({ builder, carried }) => [work(builder, reduce(builder, need(carried[0], 'x')))]),
    )
    expect(found).toMatchObject({ seconds: 15, exposed: 10, links: 10 })
    expect(found.busy).toEqual({ compute: 5, memory: 0, overhead: 0 })
  })
})
