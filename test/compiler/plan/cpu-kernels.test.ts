/** Plans for a CPU with arcc's own kernels, and with XLA's. */
import { describe, expect, it } from 'vitest'
import { documentLook } from '../../../cli/render/look.ts'
import { renderPlan } from '../../../cli/render/plan.ts'
import type { CpuKernels } from '../../../compiler/ir/cpu-kernels.ts'
import type { Graph, Op } from '../../../compiler/ir/graph.ts'
import { nativeMemory } from '../../../compiler/plan/native-memory.ts'
import { inXlaOrder, xlaMemory } from '../../../compiler/plan/xla-order.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { narrowPlan } from '../../helpers/narrow.ts'
import { planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const text = experimentText('')
const other =
  'machine other { nodes = 1, devices_per_node = 2, device = cpu_device(), links { within = shared_memory(10 GB/s) } }'
const on = (kernels: CpuKernels | undefined, given = text) =>
  planOf(given, { experiment: 'run', host: { cpuKernels: () => kernels } })

describe('what the plan says', () => {
  it.each([
    ['native', { kind: 'native', assumed: false }],
    ['xla', { kind: 'xla', assumed: false }],
    [undefined, { kind: 'native', assumed: true }],
  ] as const)('%s on this computer', (kernels, wanted) => {
    expect(on(kernels).document.machine.kernels).toEqual(wanted)
  })

  it('what this computer has says nothing of another one', () => {
    const { document } = on('xla', experimentText('  machine = other', other))
    expect(document.machine.kernels).toEqual({ kind: 'native', assumed: true })
    expect(renderPlan(document, documentLook).join('\n')).toContain("arcc's own kernels assumed")
  })

  it('and GPUs have no such choice', () => {
    expect(on('xla', experimentText('  machine = dgx_h100(nodes: 1)')).document.machine.kernels).toBeUndefined()
  })
})

it("XLA's own ops keep more: the gradients of filters come last, and gaps count", () => {
  const [native, xla] = [on('native'), on('xla')]
  expect(xla.document.memory.peak).toBeGreaterThan(native.document.memory.peak)
  expect(xla.document.memory.lines.map(({ name }) => name)).toContain('gaps')
  const { ops } = inXlaOrder(xla.graphs.step)
  expect(new Set(ops)).toEqual(new Set(xla.graphs.step.ops))
  const places = new Map(ops.map((op, i) => [op, i]))
  for (const op of ops)
    for (const value of op.operands)
      expect(need(places.get(value.op), 'a place')).toBeLessThan(need(places.get(op), 'a place'))
  const countLast = (order: readonly Op[]) => {
    const end = order.findLastIndex(({ kind }) => kind === 'conv2d_input_grad')
    return order.slice(end).filter(({ kind }) => kind === 'conv2d_filter_grad').length
  }
  expect(countLast(ops)).toBeGreaterThan(countLast(xla.graphs.step.ops))
  const lastOfHead = (order: readonly Op[]) => order.findLastIndex(({ origin }) => origin.phase === 'head')
  const lastOfBackward = (order: readonly Op[]) => order.findLastIndex(({ origin }) => origin.phase === 'backward')
  expect(lastOfHead(ops)).toBeGreaterThan(lastOfHead(xla.graphs.step.ops))
  expect(lastOfBackward(xla.graphs.step.ops)).toBeGreaterThan(lastOfHead(xla.graphs.step.ops))
})

it('kernels keep no matrix of all pairs of tokens', () => {
  const backbone = 'vit(width: 16, heads: 2, depth: 2, patch: 14, mask: 0%, embedding: 16)'
  const { step } = on(
    'native',
    experimentText(`  backbone = ${backbone}`).replace('backbones: iresnet', 'backbones: iresnet, vit'),
  ).graphs
  const pairs = ({ ops }: Graph) =>
    ops.flatMap(({ results }) => results).filter(({ type }) => type.shape.slice(1).join() === '2,64,64').length
  expect(pairs(step)).toBeGreaterThan(0)
  expect(pairs(nativeMemory(step).graph)).toBe(0)
})

it("XLA's own products of 16-bit tensors are computed of copies in f32", () => {
  const backbone = 'vit(width: 16, heads: 2, depth: 2, patch: 14, mask: 0%, embedding: 16)'
  const { step } = narrowPlan({ devices: 1, batch: 4, classes: 20, train: 'precision = bf16', backbone }).graphs
  const { workspaceOf = () => 0 } = xlaMemory(step).kept
  const product = need(
    step.ops.find(({ kind, origin }) => kind === 'dot_general' && origin.phase === 'backward'),
    'a product',
  )
  const elements = product.operands.map(({ type }) => type.shape.reduce((all, size) => all * size, 1))
  expect(product.operands.map(({ type }) => type.dtype)).toEqual(['bf16', 'bf16'])
  expect(workspaceOf(product)).toBe(4 * elements.reduce((sum, count) => sum + count, 0))
})
