/** Values are equal if the same ops compute them from equal values. */
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { numberValues } from '../../../compiler/ir/value-numbers.ts'

test('equal values are those of the same ops, parameters and operands', () => {
  const b = new GraphBuilder('equal', 1)
  const type = { dtype: 'f32', shape: [2, 3] } as const
  const [x, y] = [b.input('x', type), b.input('y', type)]
  const [first, second] = [ops.add(b, ops.negate(b, x), 1), ops.add(b, ops.negate(b, x), 1)]
  const others = [ops.add(b, ops.negate(b, y), 1), ops.add(b, ops.negate(b, x), 2), ops.sumOver(b, x, [0])]
  const columns = ops.sumOver(b, x, [1])
  const [dense, sameDense] = [0, 1].map(() => ops.constant(b, { dtype: 'f32', shape: [2] }, Float32Array.of(1, 2)))
  const outputs = [first, second, ...others, columns, dense, sameDense].flatMap((value) => value ?? [])
  const graph = b.finish(outputs.map((value, i) => ({ name: `o${i}`, value })))
  const numbers = numberValues(graph)
  expect(numbers.equals(second)).toEqual([first, second])
  for (const value of [x, ...others, columns]) expect(numbers.equals(value)).toEqual([value])
  expect(dense && numbers.equals(dense)).toEqual([dense])
  expect(numbers.find(second.op, second.op.operands)).toBe(first)
  expect(numbers.find(columns.op, [y])).toBeUndefined()
})
