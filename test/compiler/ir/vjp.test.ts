import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { isFloat } from '../../../compiler/ir/dtype.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import type { OpKind } from '../../../compiler/ir/op.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { gradient, vjpRules } from '../../../compiler/ir/vjp.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { directionalDerivatives } from '../../helpers/finite-differences.ts'
import { hostTensor, numbersOf } from '../../helpers/host-tensor.ts'
import { evaluate } from '../../helpers/reference.ts'
import { openOnReference } from '../../helpers/run-graph.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

const smooth = allOpCases.filter((c) => c.differentiable.length > 0)

describe('gradient rules', () => {
  it('are all checked by finite differences', () => {
    const checked = new Set(smooth.map((c) => c.kind))
    const unchecked = Object.entries(vjpRules).filter(([kind, rule]) => rule !== 'none' && !checked.has(kind as never))
    // These end in a bug.
    expect(unchecked.map(([kind]) => kind)).toEqual(['max_pool_grad', 'batch_norm_grad', 'for_loop'])
  })

  it.each(smooth)('$name', async (c) => {
    for (const derivative of await directionalDerivatives(c, openOnReference)) {
      const error = Math.abs(derivative.gradient - derivative.differences)
      expect(error / Math.max(1, Math.abs(derivative.differences)), JSON.stringify(derivative)).toBeLessThan(1e-7)
    }
  })
})

describe('gradients in the dtypes of the case', () => {
  it.each(smooth)('$name', (c) => {
    const { inputs, ops: forward, outputs, replicas } = c.graph()
    const b = new GraphBuilder('narrow', replicas)
    const found = new Map<Value, Value>()
    const read = (value: Value) => need(found.get(value), 'a value')
    for (const op of forward) {
      const results = b.addAll<OpKind>(op.kind, op.operands.map(read), op.params, op.regions)
      op.results.forEach((value, i) => {
        found.set(value, need(results[i], 'a result'))
      })
    }
    const seeds = outputs
      .map((output) => read(output.value))
      .filter((value) => isFloat(value.type.dtype))
      .map((value) => ({ value, cotangent: ops.splat(b, 1, value.type) }))
    const wrt = c.differentiable.map((k) => read(need(inputs[k], 'an input')))
    gradient(b, seeds, wrt).forEach((g, i) => {
      if (g !== undefined) expect(g.type).toEqual(wrt[i]?.type)
    })
  })
})

/** The gradient of the sum of f(x), for one input vector. */
function slope(numbers: readonly number[], f: (b: GraphBuilder, x: Value) => Value): number[] {
  const b = new GraphBuilder('slope', 1)
  const type = { dtype: 'f64', shape: [numbers.length] } as const
  const x = b.input('x', type)
  const y = f(b, x)
  const [g] = gradient(b, [{ value: y, cotangent: ops.splat(b, 1, y.type) }], [x])
  const graph = b.finish([{ name: 'g', value: g ?? ops.splat(b, 0, type) }])
  return (evaluate(graph, [[hostTensor(type, numbers)]])[0] ?? []).flatMap(numbersOf)
}

describe('gradients at kinks', () => {
  it.each<[string, readonly number[], (b: GraphBuilder, x: Value) => Value, readonly number[]]>([
    ['max(x, 0) has slope 0 at 0', [-1, 0, 1], (b, x) => ops.maximum(b, x, 0), [0, 0, 1]],
    ['clamp is flat outside', [-2, 0, 2], (b, x) => ops.clamp(b, x, -1, 1), [0, 1, 0]],
    ['abs has slope 0 at 0', [-1, 0, 1], ops.abs, [-1, 0, 1]],
    ['floor carries nothing', [0.5], ops.floor, [0]],
    ['sign carries nothing', [0.5], ops.sign, [0]],
    ['reduce_max shares among ties', [1, 3, 3, 3], (b, x) => ops.maxOver(b, x, [0]), [0, 1 / 3, 1 / 3, 1 / 3]],
    ['what became an integer carries nothing', [1.5], (b, x) => ops.convert(b, ops.convert(b, x, 'i32'), 'f64'), [0]],
    ['a value used three times', [3], (b, x) => ops.multiply(b, ops.add(b, x, x), x), [12]],
  ])('%s', (_, numbers, f, wanted) => {
    expect(slope(numbers, f)).toEqual(wanted)
  })
})

describe('the mask of limits', () => {
  const numbers = [-1, -0, 0, 3, 6, 7, Number.NaN, Infinity]
  const type = { dtype: 'f64', shape: [1, numbers.length] } as const
  const square = { dtype: 'f64', shape: [numbers.length, numbers.length] } as const
  const shifted = (b: GraphBuilder, x: Value) => ops.subtract(b, x, 0)
  const times = (b: GraphBuilder, x: Value) => ops.matmul(b, x, ops.splat(b, 1 / numbers.length, square))
  const six = (b: GraphBuilder, x: Value) => ops.clamp(b, x, 0, 6)

  /** The gradient of the sum, and the kinds of op whose results are compared. */
  function masked(f: (b: GraphBuilder, x: Value) => Value) {
    const b = new GraphBuilder('g', 1)
    const x = b.input('x', type)
    const y = f(b, x)
    const [g] = gradient(b, [{ value: y, cotangent: ops.splat(b, 1, y.type) }], [x])
    const graph = b.finish([{ name: 'g', value: need(g, 'a gradient') }])
    const compared = graph.ops.filter(({ kind }) => kind === 'compare').map((op) => op.operands[0]?.op.kind)
    return { slopes: (evaluate(graph, [[hostTensor(type, numbers)]])[0] ?? []).flatMap(numbersOf), compared }
  }

  it.each<[string, (b: GraphBuilder, x: Value) => Value, readonly string[], readonly number[]]>([
    [
      'of a sum that is multiplied',
      (b, x) => times(b, six(b, shifted(b, x))),
      ['minimum', 'minimum'],
      [0, 0, 0, 1, 0, 0, 0, 0],
    ],
    ['with one limit', (b, x) => times(b, ops.maximum(b, shifted(b, x), 0)), ['maximum'], [0, 0, 0, 1, 1, 1, 0, 1]],
    [
      'from above first',
      (b, x) => times(b, ops.maximum(b, ops.minimum(b, shifted(b, x), 6), 0)),
      ['maximum', 'maximum'],
      [0, 0, 0, 1, 0, 0, 0, 0],
    ],
    [
      'where other gradients read the operand',
      (b, x) => times(b, six(b, ops.multiply(b, x, 1))),
      ['maximum', 'multiply'],
      [0, 0, 0, 1, 0, 0, 0, 0],
    ],
    [
      'where nothing keeps the result',
      (b, x) => six(b, shifted(b, x)),
      ['maximum', 'subtract'],
      [0, 0, 0, 1, 0, 0, 0, 0],
    ],
    [
      'where the value between two limits is read too',
      (b, x) => {
        const z = ops.maximum(b, shifted(b, x), 0)
        return ops.add(b, times(b, z), times(b, ops.minimum(b, z, 0)))
      },
      ['minimum', 'maximum'],
      [0, 0, 0, 1, 1, 1, 0, 1],
    ],
  ])('%s', (_, f, compared, slopes) => {
    expect(masked(f)).toEqual({ compared, slopes })
  })
})

describe('the sweep', () => {
  const type = { dtype: 'f32', shape: [2] } as const

  it('gives undefined where no gradient reaches', () => {
    const b = new GraphBuilder('g', 1)
    const [x, y] = [b.input('x', type), b.input('y', type)]
    const z = ops.exponential(b, x)
    const [dx, dy] = gradient(b, [{ value: z, cotangent: ops.splat(b, 1, type) }], [x, y])
    expect(dx?.type).toEqual(type)
    expect(dy).toBeUndefined()
  })

  it('differentiates the part between the given values only', () => {
    const b = new GraphBuilder('g', 1)
    const x = b.input('x', type)
    const middle = ops.tanh(b, x)
    const y = ops.exponential(b, middle)
    const before = b.ops.length
    const [g] = gradient(b, [{ value: y, cotangent: ops.splat(b, 1, type) }], [middle])
    expect(b.ops.slice(before).map((op) => op.kind)).toEqual(['constant', 'multiply'])
    expect(g?.op.operands[1]).toBe(y)
  })

  it('does not add what only constants would need', () => {
    const b = new GraphBuilder('g', 1)
    const [x, w] = [b.input('x', { dtype: 'f32', shape: [2, 3] }), b.input('w', { dtype: 'f32', shape: [3, 4] })]
    const y = ops.matmul(b, x, w)
    const [dw] = gradient(b, [{ value: y, cotangent: ops.splat(b, 1, y.type) }], [w])
    const graph = b.finish([{ name: 'dw', value: dw ?? w }])
    expect(graph.ops.map((op) => op.kind)).toEqual(['input', 'input', 'constant', 'dot_general'])
  })

  it('keeps path and place, and tells backward ops from forward ops', () => {
    const source = { path: 'a.arc', text: 'exp(x)' }
    const span = { source, start: 0, end: 6 }
    const b = new GraphBuilder('g', 1)
    const x = b.input('x', type)
    const y = b.within({ span, path: 'layer1' }, () => ops.exponential(b, x))
    const z = b.within({ phase: 'head', path: 'head' }, () => ops.tanh(b, y))
    const [g] = gradient(b, [{ value: z, cotangent: ops.splat(b, 1, type) }], [x])
    expect(g?.op.origin).toEqual({ span, path: 'layer1', phase: 'backward' })
    const phases = b.ops.filter((op) => op.origin.path === 'head').map((op) => op.origin.phase)
    expect(new Set(phases)).toEqual(new Set(['head']))
  })

  it('refuses loops and cotangents of another type', () => {
    const body = new GraphBuilder('body', 1)
    body.input('trip', { dtype: 'i32', shape: [] })
    const inner = body.input('x', type)
    const b = new GraphBuilder('g', 1)
    const x = b.input('x', type)
    const y = b.add('for_loop', [x], { trips: 2, invariants: 0 }, [body.finish([{ name: 'x', value: inner }])])
    expect(() => gradient(b, [{ value: y, cotangent: x }], [x])).toThrow('loops are not differentiated')
    expect(() => gradient(b, [{ value: y, cotangent: ops.sumAll(b, x) }], [x])).toThrow(
      'the cotangent of for_loop is f32[] where f32[2] is expected',
    )
  })

  it('uses one op for all gradients of batch normalization, and no transposes for a dense layer', () => {
    const b = new GraphBuilder('g', 1)
    const x = b.input('x', { dtype: 'f32', shape: [4, 3] })
    const w = b.input('w', { dtype: 'f32', shape: [5, 3] })
    const scale = b.input('scale', { dtype: 'f32', shape: [5] })
    const z = ops.matmul(b, x, w, { transposeRhs: true })
    const y = b.addAll('batch_norm_training', [z, scale, scale, scale], { epsilon: 1e-5 })[0] ?? z
    const found = gradient(b, [{ value: y, cotangent: ops.splat(b, 1, y.type) }], [x, w, scale])
    const graph = b.finish(found.flatMap((value, i) => (value === undefined ? [] : [{ name: `g${i}`, value }])))
    const kinds = graph.ops.map((op) => op.kind)
    expect(kinds.filter((kind) => kind === 'batch_norm_grad')).toHaveLength(1)
    expect(kinds.filter((kind) => kind === 'dot_general')).toHaveLength(3)
    expect(kinds).not.toContain('transpose')
  })
})
