/**
 * Max pooling and its gradient as loops over the windows.
 *
 * Legend: x dx [N,H,W,C], y dy [N,P,Q,C].
 */
import { elementCount } from '../../compiler/ir/dtype.ts'
import type { PoolParams } from '../../compiler/ir/op.ts'
import { type InterpretRule, local, operandOf } from './rule.ts'
import { hostFloats, numbersOf } from './value.ts'

/** Calls `visit` with each element of the result and the element of the images that is its maximum, -1 if that is NaN. */
function eachMaximum(
  images: readonly number[],
  pooled: readonly number[],
  { window, stride, padding }: PoolParams,
  numbers: ArrayLike<number>,
  visit: (element: number, maximum: number) => void,
): void {
  const [, height = 0, width = 0, channels = 0] = images
  const [count = 0, high = 0, wide = 0] = pooled
  let element = 0
  for (let n = 0; n < count; n++)
    for (let p = 0; p < high; p++)
      for (let q = 0; q < wide; q++) {
        const top = p * stride[0] - padding[0][0]
        const left = q * stride[1] - padding[1][0]
        const [firstRow, firstColumn] = [Math.max(top, 0), Math.max(left, 0)]
        const [lastRow, lastColumn] = [Math.min(top + window[0], height), Math.min(left + window[1], width)]
        for (let c = 0; c < channels; c++, element++) {
          let found = -1
          let largest = Number.NEGATIVE_INFINITY
          for (let row = firstRow; row < lastRow && !Number.isNaN(largest); row++)
            for (let column = firstColumn; column < lastColumn; column++) {
              const at = ((n * height + row) * width + column) * channels + c
              const number = numbers[at] as number
              if (!(number <= largest) || found === -1) {
                found = at
                largest = number
              }
              if (Number.isNaN(number)) break
            }
          visit(element, Number.isNaN(largest) ? -1 : found)
        }
      }
}

export const maxPool: InterpretRule<'max_pool'> = local((cx, op, operands, type) => {
  const x = operandOf(operands, 0)
  const numbers = numbersOf(x)
  const data = new Float32Array(elementCount(type.shape))
  eachMaximum(x.shape, type.shape, op.params, numbers, (element, maximum) => {
    data[element] = maximum === -1 ? Number.NaN : (numbers[maximum] as number)
  })
  return hostFloats(cx, type, data)
})

export const maxPoolGrad: InterpretRule<'max_pool_grad'> = local((cx, op, operands, type) => {
  const [x, gradient] = [operandOf(operands, 0), operandOf(operands, 2)]
  const given = numbersOf(gradient)
  const data = new Float32Array(elementCount(type.shape))
  eachMaximum(x.shape, gradient.shape, op.params, numbersOf(x), (element, maximum) => {
    if (maximum !== -1) data[maximum] = (data[maximum] as number) + (given[element] as number)
  })
  return hostFloats(cx, type, data)
})
