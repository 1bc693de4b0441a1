/** Legend: every tensor is f32[8,8], 256 bytes, unless noted otherwise; products read and write memory. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import { fuse } from '../../../compiler/ir/fusion.ts'
import type { Donation, Graph, Value } from '../../../compiler/ir/graph.ts'
import { liveness } from '../../../compiler/ir/liveness.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { gradient } from '../../../compiler/ir/vjp.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

const matrix = { dtype: 'f32', shape: [8, 8] } as const
const unit = 256

function graphOf(inputs: number, build: (b: GraphBuilder, v: readonly Value[]) => Value | readonly Value[]): Graph {
  const b = new GraphBuilder('live', 1)
  const values = Array.from({ length: inputs }, (_, i) => b.input(`x${i}`, matrix))
  return b.finish([build(b, values)].flat().map((value, i) => ({ name: `y${i}`, value })))
}

const square = (b: GraphBuilder, x: Value) => ops.matmul(b, x, x)

/** Units alive while each op runs, without inputs. */
function units(graph: Graph, donated?: Donation): number[] {
  const { timeline, inputs } = liveness(graph, donated)
  return timeline.slice(graph.inputs.length).map((bytes) => (bytes - inputs) / unit)
}

function body(build: (b: GraphBuilder, trip: Value, x: Value) => Value): Graph {
  const b = new GraphBuilder('body', 1)
  const trip = b.input('trip', { dtype: 'i32', shape: [] })
  const x = b.input('x', matrix)
  return b.finish([{ name: 'x', value: build(b, trip, x) }])
}

describe('bytes alive', () => {
  it.each<[string, number, (b: GraphBuilder, v: readonly Value[]) => Value | readonly Value[], readonly number[]]>([
    ['a chain frees what it has read', 1, (b, [x]) => square(b, square(b, square(b, x as Value))), [1, 2, 2]],
    [
      'a value stays until its last reader',
      1,
      (b, [x]) => {
        const first = square(b, x as Value)
        return ops.matmul(b, first, square(b, square(b, first)))
      },
      [1, 2, 3, 3],
    ],
    [
      'elementwise ops before an output take no memory of their own, and write into what they read last',
      1,
      (b, [x]) => ops.tanh(b, ops.exponential(b, square(b, x as Value))),
      [1, 1, 1],
    ],
    [
      'but not into what is read later',
      1,
      (b, [x]) => {
        const y = square(b, x as Value)
        return ops.matmul(b, ops.tanh(b, y), y)
      },
      [1, 2, 3],
    ],
    ['an input is never written', 1, (b, [x]) => square(b, ops.tanh(b, x as Value)), [1, 2]],
    [
      'a barrier and a reshape are views',
      1,
      (b, [x]) => {
        const y = b.add('optimization_barrier', [square(b, x as Value)], {})
        return ops.reshape(b, y, [64])
      },
      [1, 1, 1],
    ],
  ])('%s', (_, inputs, build, wanted) => {
    expect(units(graphOf(inputs, build))).toEqual(wanted)
  })

  it('an update goes into what it updates', () => {
    const graph = graphOf(1, (b, [x]) => {
      const row = ops.splat(b, 0, { dtype: 'f32', shape: [1, 8] })
      return ops.dynamicUpdateSlice(b, square(b, x as Value), row, [0, 0])
    })
    // One matrix and the two i32 starts.
    expect(liveness(graph).peak).toBe(2 * unit + 8)
  })

  it('tells the peak and what it is made of', () => {
    const graph = graphOf(1, (b, [x]) => {
      const y = square(b, x as Value)
      const z = b.within({ phase: 'backward' }, () => square(b, y))
      return b.within({ phase: 'update' }, () => ops.multiply(b, z, 2))
    })
    const found = liveness(graph)
    expect(found.peakAt?.origin.phase).toBe('backward')
    expect(found).toMatchObject({ peak: 3 * unit, inputs: unit })
    expect(found.atPeak).toEqual([
      { phase: 'forward', class: 'matmul', bytes: unit },
      { phase: 'backward', class: 'matmul', bytes: unit },
    ])
  })

  it('keeps what the backward pass reads, not the mask of a ReLU', () => {
    const b = new GraphBuilder('g', 1)
    const [x, w1, w2] = [b.input('x', matrix), b.input('w1', matrix), b.input('w2', matrix)]
    const z = ops.matmul(b, x, w1)
    const y = ops.matmul(b, ops.maximum(b, z, 0), w2)
    const [d1, d2] = gradient(b, [{ value: y, cotangent: y }], [w1, w2])
    const graph = b.finish([d1, d2].flatMap((value, i) => (value === undefined ? [] : [{ name: `d${i}`, value }])))
    const { stored } = fuse(graph)
    const kinds = graph.ops.filter((op) => op.results.some((value) => stored.has(value))).map((op) => op.kind)
    // z, relu(z), y, and of the gradients: that of relu(z), of z, of the two weights.
    expect(kinds.filter((kind) => kind !== 'input').sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'dot_general'),
      'maximum',
      'select',
    ])
  })
})

describe('donation', () => {
  const update = graphOf(2, (b, [w, g]) => ops.subtract(b, w as Value, ops.multiply(b, square(b, g as Value), 0.1)))

  it('lets an update write into the weight', () => {
    expect(liveness(update).peak).toBe(3 * unit)
    expect(liveness(update).timeline.at(-1)).toBe(3 * unit)
    // The gradient is the only temporary; the new weight takes the old one's place.
    expect(liveness(update, new Map([[0, 0]])).peak).toBe(3 * unit)
    const noGradient = graphOf(1, (b, [w]) => ops.multiply(b, w as Value, 0.9))
    expect(liveness(noGradient).peak).toBe(2 * unit)
    expect(liveness(noGradient, new Map([[0, 0]])).peak).toBe(unit)
  })

  it('waits for the last reader of the input', () => {
    const graph = graphOf(1, (b, [w]) => {
      const next = ops.multiply(b, w as Value, 0.9)
      return [next, ops.matmul(b, w as Value, w as Value)]
    })
    // Both outputs exist while the product reads the old weight.
    expect(liveness(graph, new Map([[0, 0]])).peak).toBe(3 * unit)
  })
})

describe('loops', () => {
  it('need what their body needs, on top of what they carry', () => {
    const region = body((b, _, x) => square(b, square(b, x)))
    const graph = graphOf(1, (b, [x]) => b.add('for_loop', [x as Value], { trips: 3, invariants: 0 }, [region]))
    // The input stays, the carried value is a copy; inside, the first product and the second one, which moves into x's place.
    expect(liveness(region, new Map([[0, 1]])).peak).toBe(4 + 2 * unit)
    expect(liveness(graph).peak).toBe(3 * unit)
    expect(liveness(graph, new Map([[0, 0]])).peak).toBe(2 * unit)
  })

  it('update a donated table in place', () => {
    const region = body((b, trip, x) => {
      const zero = ops.scalar(b, 0, 'i32')
      const row = ops.dynamicSlice(b, x, [trip, zero], [1, 8])
      return ops.dynamicUpdateSlice(b, x, ops.add(b, row, row), [trip, zero])
    })
    const graph = graphOf(1, (b, [x]) => b.add('for_loop', [x as Value], { trips: 8, invariants: 0 }, [region]))
    // No second table, only the scalar 0.
    expect(liveness(graph, new Map([[0, 0]])).peak).toBe(unit + 4)
  })

  it('give back what they do not touch without a copy', () => {
    const region = (() => {
      const b = new GraphBuilder('body', 1)
      b.input('trip', { dtype: 'i32', shape: [] })
      const [x, y] = [b.input('x', matrix), b.input('y', matrix)]
      return b.finish([
        { name: 'x', value: x },
        { name: 'y', value: ops.add(b, y, y) },
      ])
    })()
    const graph = graphOf(1, (b, [x]) => {
      const y = square(b, x as Value)
      const [kept, next] = b.addAll('for_loop', [x as Value, y], { trips: 8, invariants: 0 }, [region])
      return [ops.matmul(b, kept as Value, next as Value), ops.matmul(b, x as Value, next as Value)]
    })
    // The input, y in place, and the two products.
    expect(liveness(graph).peak).toBe(4 * unit)
  })

  it('new weights and states that one loop computes replace the old ones at once', () => {
    const graph = graphOf(3, (b, [w, v, g]) => {
      const step = ops.add(b, v as Value, g as Value)
      return [ops.subtract(b, w as Value, step), ops.add(b, step, w as Value)]
    })
    const donated = new Map([
      [0, 0],
      [1, 1],
    ])
    expect(liveness(graph, donated).peak).toBe(3 * unit)
    expect(liveness(graph).peak).toBe(5 * unit)
  })
})

describe('all op cases', () => {
  it.each(allOpCases)('$name: alive are at least inputs and outputs, at most everything', (c) => {
    const graph = c.graph()
    const { peak, inputs, timeline, atPeak } = liveness(graph)
    expect(timeline).toHaveLength(graph.ops.length)
    expect(Math.max(inputs, ...timeline)).toBe(peak)
    expect(atPeak.reduce((sum, part) => sum + part.bytes, inputs)).toBe(peak)
  })
})
