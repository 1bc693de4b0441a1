/** The gradient behind an activation, which batch normalization's backward pass reads twice: on CUDA it is computed twice. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Graph } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { gradient } from '../../../compiler/ir/vjp.ts'
import { chainOf } from '../../../compiler/stablehlo/chain.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { emitModule } from '../../helpers/emit-module.ts'

/** [N,H,W,C]: as large as an activation. */
const large = [4, 16, 16, 64] as const

/** Batch normalization, PReLU and the gradients of both; `shape` determines whether that pays off. */
function graphOf(shape: readonly number[]): Graph {
  const b = new GraphBuilder('activation', 1)
  const input = (name: string, dims: readonly number[]) => b.input(name, { dtype: 'f32', shape: dims })
  const channels = need(shape.at(-1), 'channels')
  const [x, dy] = [input('x', shape), input('dy', shape)]
  const [scale, offset, near, slope] = ['scale', 'offset', 'near', 'slope'].map((name) => input(name, [channels]))
  const given = [x, scale, offset, near].map((value) => need(value, 'an input'))
  const normal = need(b.addAll('batch_norm_training', given, { epsilon: 1e-5 })[0], 'y')
  const slopes = ops.broadcastVector(b, need(slope, 'slope'), shape, shape.length - 1)
  const y = ops.select(b, ops.compare(b, 'GT', normal, 0), normal, ops.multiply(b, normal, slopes))
  const wanted = [x, need(scale, 'scale'), need(offset, 'offset')]
  const found = gradient(b, [{ value: y, cotangent: dy }], wanted)
  return b.finish(found.map((value, i) => ({ name: `g${i}`, value: need(value, `gradient ${i}`) })))
}

const count = (text: string, what: string) => text.split(what).length - 1

describe('the masked gradient', () => {
  it('is written twice for CUDA, the second time from behind a barrier', () => {
    const [cuda, cpu] = (['cuda', 'cpu'] as const).map((platform) => emitModule(graphOf(large), { platform }))
    expect(count(need(cuda, 'text'), 'stablehlo.optimization_barrier')).toBe(1)
    // That of the distances from the mean, which the CPU does not keep from the forward pass.
    expect(count(need(cpu, 'text'), 'stablehlo.optimization_barrier')).toBe(1)
    const selects = (text: string | undefined) => count(need(text, 'text'), 'stablehlo.select')
    expect(selects(cuda)).toBeGreaterThan(selects(cpu))
  })

  it('is written once where it is small', () => {
    expect(count(emitModule(graphOf([2, 2, 2, 4]), { platform: 'cuda' }), 'stablehlo.optimization_barrier')).toBe(0)
  })

  it('is a chain over what lies in memory: the gradient behind it, and the convolution before it', () => {
    const graph = graphOf(large)
    const norm = need(
      graph.ops.find((op) => op.kind === 'batch_norm_grad'),
      'batch normalization',
    )
    const chain = need(chainOf(graph, need(norm.operands[4], 'its gradient')), 'a chain')
    expect([...chain.large].map(({ op }) => op.kind)).toEqual(['input', 'input'])
    expect(chain.values.at(-1)).toBe(norm.operands[4])
  })
})

describe('sums for CUDA', () => {
  it('of two tensors are one sum of complex numbers', () => {
    const text = emitModule(graphOf(large), { platform: 'cuda' })
    // Statistics, and the two sums of their gradient.
    expect(count(text, '"stablehlo.complex"')).toBeGreaterThanOrEqual(4)
    expect(text).toContain(`tensor<${large.join('x')}xcomplex<f32>>`)
    expect(emitModule(graphOf(large), { platform: 'cpu' })).not.toContain('complex')
  })
})
