/** Last uses of a small graph, with and without fused ops. */
import { expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { lastUses } from '../../../compiler/ir/last-uses.ts'
import * as ops from '../../../compiler/ir/ops.ts'

function smallGraph() {
  const b = new GraphBuilder('small', 1)
  const x = b.input('x', { dtype: 'f32', shape: [4] })
  const y = ops.negate(b, x)
  const unread = ops.negate(b, y)
  const z = ops.multiply(b, y, y)
  return { ops: b.ops, x, y, unread, z }
}

it('the last reader counts, what outlives the ops lies beyond them, and what nobody reads has none', () => {
  const { ops: all, x, y, unread, z } = smallGraph()
  const last = lastUses(all, [z])
  expect([x, y, z].map((value) => last.get(value))).toEqual([1, 3, 4])
  expect(last.has(unread)).toBe(false)
})

it('an op inside others reads when they run', () => {
  const { ops: all, x, y, z } = smallGraph()
  const last = lastUses(all, [z], (value) => value === y)
  expect([x, y].map((value) => last.get(value))).toEqual([3, 3])
})
