/** Products and convolutions of the backward pass keep the order of the graph on the CPU. */
import { expect, it } from 'vitest'
import type { EmitOptions } from '../../../compiler/stablehlo/emit-module.ts'
import { emitModule } from '../../helpers/emit-module.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const graph = narrowPlan({ devices: 1, batch: 4, classes: 20 }).graphs.step

/** Names of the operands of each call of a kernel, and its own name. */
function calls(options: EmitOptions) {
  const call = /(%\d+)(?::\d+)? = "stablehlo.custom_call"\(([^)]*)\) .*call_target_name = "arcc_(convolution|product)"/g
  return [...emitModule(graph, options).matchAll(call)].map(([, name = '', operands = '']) => ({
    name,
    operands: operands.split(', '),
  }))
}

it('a kernel of the backward pass also takes the result of the one before it', () => {
  const all = calls({ platform: 'cpu', native: { bf16: false } })
  const ordered = all.flatMap((call, i) => (call.operands.length > 2 ? [i] : []))
  expect(ordered.length).toBeGreaterThan(3)
  for (const i of ordered) expect(all[i]?.operands.at(-1)).toBe(all[i - 1]?.name)
  // All but the first of the backward pass, which is one run of them.
  expect(ordered).toEqual(Array.from(ordered, (_, i) => (ordered[0] ?? 0) + i))
})

it.each([
  ['XLA’s own ops take an operand through a barrier', { platform: 'cpu' }, true],
  ['a GPU orders by itself', { platform: 'cuda' }, false],
] as const)('%s', (_, options, isOrdered) => {
  const text = emitModule(graph, options)
  const barriers = [...text.matchAll(/optimization_barrier"\((%\d+), %\d+\)/g)]
  expect(barriers.length > 3).toBe(isOrdered)
})

it('where operands are converted to f32, both come from behind the barrier', () => {
  const backbone = 'vit(width: 16, heads: 2, depth: 2, patch: 14, mask: 0%, embedding: 16)'
  const { step } = narrowPlan({ devices: 1, batch: 4, classes: 20, train: 'precision = bf16', backbone }).graphs
  const second = /stablehlo.convert"\(%\d+#1\)/
  expect(emitModule(step, { platform: 'cpu' })).toMatch(second)
  expect(emitModule(step, { platform: 'cuda' })).not.toMatch(second)
})
