/** Inserts one fault at a time into a valid graph. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph, Op, Value } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import { allOpCases } from '../ops/all-op-cases.ts'
import { verifyGraph } from './verify-graph.ts'

const type = { dtype: 'f32', shape: [2] } as const

function body(): Graph {
  const b = new GraphBuilder('body', 1)
  b.input('trip', { dtype: 'i32', shape: [] })
  return b.finish([{ name: 'x', value: ops.tanh(b, b.input('x', type)) }])
}

/** x, y → tanh(x) + y, looped twice. Ops: 0 x, 1 y, 2 tanh, 3 add, 4 for_loop. */
function sound(): Graph {
  const b = new GraphBuilder('g', 1)
  const [x, y] = [b.input('x', type), b.input('y', type)]
  const sum = ops.add(b, ops.tanh(b, x), y)
  return b.finish([{ name: 'z', value: b.add('for_loop', [sum], { trips: 2, invariants: 0 }, [body()]) }])
}

const opAt = (graph: Graph, i: number): Op => need(graph.ops[i], `op ${i}`)
const resultOf = (graph: Graph, i: number): Value => need(opAt(graph, i).results[0], 'a result')

/** The graph with op `i` changed; other ops still use its results. */
function withOp(graph: Graph, i: number, change: Partial<Op>): Graph {
  const op = { ...opAt(graph, i), ...change } as Op
  return { ...graph, ops: graph.ops.with(i, op) }
}

const faults: readonly (readonly [string, (graph: Graph) => Graph, string])[] = [
  [
    'an op before its operand',
    (g) => ({ ...g, ops: [0, 1, 3, 2, 4].map((i) => opAt(g, i)) }),
    'operand 0 (tanh) is not defined here',
  ],
  [
    'an operand of another graph',
    (g) => withOp(g, 3, { operands: [resultOf(sound(), 2), resultOf(g, 1)] }),
    '%3 = add(%?, %1): operand 0 (tanh) is not defined here',
  ],
  ['an op twice', (g) => ({ ...g, ops: [...g.ops, opAt(g, 2)] }), 'tanh(%0) occurs twice'],
  [
    'an input after other ops',
    (g) => ({ ...g, ops: [0, 2, 1, 3, 4].map((i) => opAt(g, i)) }),
    'is op 2 but not input 2',
  ],
  ['inputs in another order', (g) => ({ ...g, inputs: g.inputs.toReversed() }), 'is op 0 but not input 0'],
  ['an input without an op', (g) => ({ ...g, ops: g.ops.slice(1) }), 'an input f32[2] has no op'],
  [
    'a type that inference does not give',
    (g) => withOp(g, 2, { results: [{ ...resultOf(g, 2), type: { dtype: 'f32', shape: [3] } }] }),
    'result 0 is f32[3] where f32[2] is inferred',
  ],
  [
    'an operand of the wrong type',
    (g) => withOp(g, 3, { operands: [resultOf(g, 2)] }),
    'add(f32[2]): expected 2 operands',
  ],
  ['a result of another op', (g) => withOp(g, 3, { results: [resultOf(g, 2)] }), 'has a result of another op'],
  [
    'ids that do not grow',
    (g) => withOp(g, 3, { results: [{ ...resultOf(g, 3), id: 0 }] }),
    'defines value 0 after value 2',
  ],
  ['a loop without a body', (g) => withOp(g, 4, { regions: [] }), 'has 0 regions'],
  ['a region where none belongs', (g) => withOp(g, 2, { regions: [body()] }), 'tanh(%0) has 1 regions'],
  [
    'an output that is not there',
    (g) => ({ ...g, outputs: [{ name: 'z', value: resultOf(sound(), 3) }] }),
    'output z (add) is not defined here',
  ],
  ['two outputs of one name', (g) => ({ ...g, outputs: [...g.outputs, ...g.outputs] }), 'z is named twice'],
  [
    'a fault inside a loop',
    (g) => withOp(g, 4, { regions: [{ ...body(), outputs: [{ name: 'x', value: resultOf(g, 2) }] }] }),
    'in body: output x (tanh) is not defined here',
  ],
]

describe('the verifier', () => {
  it('finds nothing in a sound graph', () => {
    expect(verifyGraph(sound())).toEqual([])
  })

  it.each(allOpCases)('finds nothing in $name', (c) => {
    expect(verifyGraph(c.graph())).toEqual([])
  })

  it.each(faults)('finds %s', (_, plant, wanted) => {
    const messages = verifyGraph(plant(sound())).map((problem) => problem.message)
    expect(
      messages.some((message) => message.includes(wanted)),
      messages.join('\n'),
    ).toBe(true)
  })
})
