/**
 * Which parts of a graph one kernel computes as layer normalization or its gradient: all in the networks of the standard library, and
 * nothing that differs in one op.
 *
 * Legend: x y dy r [M,C]; scale offset [C].
 */
import { describe, expect, it, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { byteSize, elementCount, type TensorType } from '../../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { gradient } from '../../../compiler/ir/vjp.ts'
import { nativeMemory } from '../../../compiler/plan/native-memory.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { emitModule } from '../../helpers/emit-module.ts'
import { normalizeRows } from '../../helpers/layer-norm.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const emitNative = (graph: Graph) => emitModule(graph, { platform: 'cpu', native: { bf16: true } })
const count = (text: string, target: string) => text.split(`"${target}"`).length - 1
const calls = (graph: Graph) => {
  const text = emitNative(graph)
  return [count(text, 'arcc_layer_norm'), count(text, 'arcc_layer_norm_grad')]
}

const vit = 'vit(width: 16, depth: 3, heads: 2, patch: 14, drop: 0.2, mask: 25%, embedding: 24)'
const swin = 'swin(depths: [2, 2], heads: [2, 4], width: 16, patch: 4, drop: 0.1, embedding: 32)'
const convnext = 'convnext(depths: [1, 1, 2], channels: [8, 16, 24], drop: 0.1, embedding: 32)'
const declarations = 'use std.swin: swin\nuse std.convnext: convnext'

test.each([
  ['vit', vit, '', [7, 7]],
  ['vit in bf16', vit, 'precision = bf16', [7, 7]],
  ['vit in f16', vit, 'precision = f16', [7, 7]],
  // The last block and what follows are not computed again.
  ['vit, recomputed by blocks', vit, 'recompute = blocks', [11, 7]],
  ['swin', swin, '', [11, 11]],
  ['swin in bf16', swin, 'precision = bf16', [11, 11]],
  ['convnext', convnext, '', [8, 8]],
  ['convnext in bf16', convnext, 'precision = bf16', [8, 8]],
])('%s', (_, backbone, train, inStep) => {
  const { graphs } = narrowPlan({ devices: 1, batch: 4, classes: 13, backbone, train, declarations })
  expect(calls(graphs.step)).toEqual(inStep)
  expect(emitModule(graphs.step, { platform: 'cpu' })).not.toContain('arcc_layer_norm')
})

const shape = [6, 20]
const type: TensorType = { dtype: 'f32', shape }

interface Parts {
  /** Replaces op `at` of the formula by its negative. */
  readonly changed?: number
  readonly epsilon?: number
  /** Whether a gradient has reached x before. */
  readonly reached?: boolean
  /** What else is computed of the values of the formula. */
  readonly more?: (b: GraphBuilder, values: readonly Value[]) => readonly Value[]
}

/** The formula and its gradient, op by op. */
function formula(reached: boolean, epsilon: number): Graph {
  const b = new GraphBuilder('formula', 1)
  const [x, dy, r] = ['x', 'dy', 'r'].map((name) => b.input(name, type))
  const [scale, offset] = ['scale', 'offset'].map((name) => b.input(name, { dtype: 'f32', shape: [20] }))
  const operands = { x: need(x, 'x'), scale: need(scale, 'scale'), offset: need(offset, 'offset') }
  const y = normalizeRows(b, operands, epsilon)
  const seeds = [
    { value: y, cotangent: need(dy, 'dy') },
    ...(reached ? [{ value: operands.x, cotangent: need(r, 'r') }] : []),
  ]
  const found = gradient(b, seeds, Object.values(operands)).map((value) => need(value, 'a gradient'))
  return b.finish([y, ...found].map((value, i) => ({ name: `out${i}`, value })))
}

function graphWith({ changed, epsilon = 1e-5, reached = false, more = () => [] }: Parts): Graph {
  const from = formula(reached, epsilon)
  const b = new GraphBuilder('formula', 1)
  const copies = new Map<Value, Value>()
  for (const [i, op] of from.ops.entries()) {
    const operands = op.operands.map((operand) => need(copies.get(operand), 'an operand'))
    const own = need(op.results[0], 'a result')
    const to = op.kind === 'input' ? b.input(op.params.name, own.type) : b.add(op.kind, operands, op.params)
    copies.set(own, i === changed ? ops.negate(b, to) : to)
  }
  const outputs = from.outputs.map(({ value }) => need(copies.get(value), 'an output'))
  return b.finish([...outputs, ...more(b, [...copies.values()])].map((value, i) => ({ name: `out${i}`, value })))
}

describe.each([false, true])('the formula, x reached by another gradient: %s', (reached) => {
  const { ops: all, outputs } = formula(reached, 1e-5)
  const places = all.flatMap((op, i) => (op.kind === 'input' ? [] : [i]))
  const ends = outputs.map(({ value }) => all.indexOf(value.op))
  const [y = 0] = ends

  it('is a layer normalization and its gradient', () => {
    expect(calls(graphWith({ reached }))).toEqual([1, 1])
  })

  it.each(places.filter((i) => i < y))('is neither with one op more behind op %i of y', (changed) => {
    expect(calls(graphWith({ reached, changed }))).toEqual([0, 0])
  })

  it.each(places.filter((i) => i > y && !ends.includes(i)))(
    'is no gradient with one op more behind op %i',
    (changed) => {
      expect(calls(graphWith({ reached, changed }))).toEqual([1, 0])
    },
  )

  it('leaves nothing in between in the program or in the memory of the plan', () => {
    const graph = graphWith({ reached })
    expect(emitNative(graph)).not.toMatch(/stablehlo\.(power|reduce|subtract|multiply)/)
    const large = nativeMemory(graph).graph.ops.flatMap(({ results }) =>
      results.filter((value) => value.op.kind !== 'input' && elementCount(value.type.shape) === 120),
    )
    expect(large.map((value) => byteSize(value.type))).toEqual([480, 480])
  })

  it('computes in between what something else reads', () => {
    const text = emitNative(
      graphWith({ reached, more: (_, values) => values.filter(({ op }) => op.kind === 'power').slice(0, 1) }),
    )
    expect(count(text, 'arcc_layer_norm_grad')).toBe(1)
    expect(text).toContain('stablehlo.power')
  })
})

/** y in f32 or narrowed, and x widened, as the kernel gets and writes them. */
function signature(narrow: 'x' | 'y' | 'y, but not everywhere'): string {
  const b = new GraphBuilder('formula', 1)
  const given = b.input('x', { dtype: narrow === 'x' ? 'bf16' : 'f32', shape })
  const [scale, offset] = ['scale', 'offset'].map((name) => b.input(name, { dtype: 'f32', shape: [20] }))
  const x = ops.convert(b, given, 'f32')
  const y = normalizeRows(b, { x, scale: need(scale, 'scale'), offset: need(offset, 'offset') }, 1e-5)
  const outputs = narrow === 'x' ? [y] : [ops.convert(b, y, 'bf16'), ...(narrow === 'y' ? [] : [y])]
  const text = emitNative(b.finish(outputs.map((value, i) => ({ name: `out${i}`, value }))))
  const line = need(
    text.split('\n').find((one) => one.includes('arcc_layer_norm')),
    'a call',
  )
  return line.slice(line.lastIndexOf(' : ') + 3)
}

test.each([
  ['x', '(tensor<6x20xbf16>, tensor<20xf32>, tensor<20xf32>) -> tensor<6x20xf32>'],
  ['y', '(tensor<6x20xf32>, tensor<20xf32>, tensor<20xf32>) -> tensor<6x20xbf16>'],
  ['y, but not everywhere', '(tensor<6x20xf32>, tensor<20xf32>, tensor<20xf32>) -> tensor<6x20xf32>'],
] as const)('bf16 of %s is read and written as it is', (narrow, types) => {
  expect(signature(narrow)).toBe(types)
})
