/** Which parts of a graph one kernel computes: attention and its gradient, and nothing that differs from them in one op. */
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { attend } from '../../../compiler/stablehlo/attention.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { emitModule } from '../../helpers/emit-module.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const native = { bf16: true }
const calls = (text: string) => text.split('"arcc_attention"').length - 1

test.each([
  ['f32', '', 6],
  ['bf16', 'precision = bf16', 6],
  ['f16', 'precision = f16', 6],
  // The last block is not computed again.
  ['f32, recomputed by blocks', 'recompute = blocks', 8],
])('a vision transformer of three blocks in %s', (_, train, inStep) => {
  const backbone = 'vit(width: 16, depth: 3, heads: 2, patch: 14, drop: 0.2, mask: 25%, embedding: 24)'
  const { graphs } = narrowPlan({ devices: 1, batch: 4, classes: 13, backbone, train, optimizer: 'adamw(lr: 0.001)' })
  expect(calls(emitModule(graphs.step, { platform: 'cpu', native }))).toBe(inStep)
  // Of each picture and of its mirror image.
  expect(calls(emitModule(graphs.embed, { platform: 'cpu', native }))).toBe(6)
  expect(calls(emitModule(graphs.step, { platform: 'cpu' }))).toBe(0)
})

/** Calls in the program of the formula, with an op behind one of its ops that should not be there. */
function callsWith(divisor: number, changed?: number): number {
  const formula = new GraphBuilder('formula', 1)
  const [y] = attend(formula, formula.input('qkv', { dtype: 'f32', shape: [2, 5, 48] }), { heads: 2, divisor })
  const b = new GraphBuilder('formula', 1)
  const copies = new Map<Value, Value>()
  for (const [i, op] of formula.ops.entries()) {
    const operands = op.operands.map((operand) => need(copies.get(operand), 'an operand'))
    const from = need(op.results[0], 'a result')
    const to = op.kind === 'input' ? b.input('qkv', from.type) : b.add(op.kind, operands, op.params)
    copies.set(from, i === changed ? ops.negate(b, to) : to)
  }
  return calls(emitModule(b.finish([{ name: 'y', value: need(copies.get(y), 'y') }]), { platform: 'cpu', native }))
}

test('the formula with one op more is not attention, wherever the op stands', () => {
  expect(callsWith(2)).toBe(1)
  // Not behind the first one, the input, nor behind y.
  expect(Array.from({ length: 24 }, (_, i) => callsWith(2, i + 1))).toEqual(Array.from({ length: 24 }, () => 0))
  expect(callsWith(2, 25)).toBe(1)
})

test('scores divided by a negative number are not the kernel’s', () => {
  expect(callsWith(-2)).toBe(0)
})
