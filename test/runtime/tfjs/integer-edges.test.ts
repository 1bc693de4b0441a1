/** If StableHLO leaves a result implementation-defined, the interpreter agrees with XLA. */
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { DType } from '../../../compiler/ir/dtype.ts'
import type { BinaryKind } from '../../../compiler/ir/op-family.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { hostTensor, numbersOf } from '../../helpers/host-tensor.ts'

const engine = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })

async function compute(
  from: DType,
  operands: readonly (readonly number[])[],
  build: (b: GraphBuilder, x: ReturnType<GraphBuilder['input']>[]) => ReturnType<GraphBuilder['input']>,
): Promise<number[]> {
  const b = new GraphBuilder('edge', 1)
  const types = operands.map((numbers) => ({ dtype: from, shape: [numbers.length] }))
  const inputs = types.map((type, i) => b.input(`x${i}`, type))
  const graph = b.finish([{ name: 'out', value: build(b, inputs) }])
  const executable = await engine.compile(graph)
  const given = await Promise.all(
    types.map((type, i) => engine.upload(0, hostTensor(type, need(operands[i], 'an operand')))),
  )
  const outputs = (await executable.run([given])).flat()
  const numbers = numbersOf(await need(outputs[0], 'the output').read())
  for (const tensor of [...given, ...outputs]) tensor.dispose()
  return numbers
}

const low = -(2 ** 31)

test.each<[BinaryKind, DType, number[], number[], number[]]>([
  ['divide', 'i32', [7, -7, 7, low], [0, 0, -2, -1], [-1, -1, -3, low]],
  ['divide', 'u32', [7, 2 ** 32 - 1], [0, 2], [2 ** 32 - 1, 2 ** 31 - 1]],
  ['divide', 'u8', [7, 200], [0, 3], [255, 66]],
  ['remainder', 'i32', [7, -7, -7, low], [0, 0, 4, -1], [7, -7, -3, 0]],
  ['remainder', 'u32', [2 ** 32 - 1, 5], [10, 0], [5, 5]],
  ['shift_left', 'i32', [1, 1, 1], [31, 32, -1], [low, 0, 0]],
  ['shift_left', 'u8', [255, 255], [4, 8], [240, 0]],
  ['shift_right_logical', 'i32', [-1, -1, -1], [28, 32, -1], [15, 0, 0]],
  ['shift_right_logical', 'i8', [-1, -128, -1], [4, 7, 8], [15, 1, 0]],
  ['multiply', 'u32', [0xffffffff, 0x10001], [0xffffffff, 0x10001], [1, 0x20001]],
  ['subtract', 'u32', [0], [1], [2 ** 32 - 1]],
])('%s of %s %j and %j', async (kind, dtype, x, y, wanted) => {
  expect(await compute(dtype, [x, y], (b, inputs) => b.add(kind, inputs, {}))).toEqual(wanted)
})

test.each<[DType, number[], number[]]>([
  ['i32', [3e9, -3e9, 1.9, -1.9, Number.NaN], [2 ** 31 - 1, low, 1, -1, 0]],
  ['u32', [5e9, -1, 4e9, Number.NaN], [2 ** 32 - 1, 0, 4e9, 0]],
  ['u8', [300, -5, 254.9], [255, 0, 254]],
  ['i8', [300, -500, Number.POSITIVE_INFINITY], [127, -128, 127]],
  ['pred', [0, -0, 0.25, Number.NaN], [0, 0, 1, 1]],
])('f32 to %s saturates: %j', async (dtype, x, wanted) => {
  expect(await compute('f32', [x], (b, inputs) => b.add('convert', inputs, { dtype }))).toEqual(wanted)
})

test('a NaN keeps its sign a NaN, and maxima pass it on', async () => {
  const nan = Number.NaN
  expect(await compute('f32', [[nan, -2, 0]], (b, x) => b.add('sign', x, {}))).toEqual([nan, -1, 0])
  expect(
    await compute(
      'f32',
      [
        [nan, 1],
        [1, nan],
      ],
      (b, x) => b.add('maximum', x, {}),
    ),
  ).toEqual([nan, nan])
  expect(await compute('f32', [[1, nan, 2]], (b, x) => b.add('reduce_max', x, { dims: [0] }))).toEqual([nan])
  expect(await compute('f32', [[nan, 1, 2]], (b, x) => b.add('reduce_min', x, { dims: [0] }))).toEqual([nan])
})
