/** Pooling. Legend: N batch, H W height and width, C channels; H' W' number of places of the window. */
import { elementCount } from '../ir/dtype.ts'
import * as ops from '../ir/ops.ts'
import type { Call, Image, Pair, Tensor } from './types.ts'
import { bothSides, checkWindow } from './window.ts'

/** Programs grow with the places of a window. */
const mostPlaces = 256

/**
 * The largest element under each place of a window: [N,H',W',C]. `stride` defaults to the window, so that places do not overlap;
 * `padding` pixels on each side never hold the maximum. The gradient goes to the first of equal elements, row by row.
 */
export function max_pool(call: Call, x: Image, kernel: Pair, stride: Pair = kernel, padding: Pair = 0): Image {
  const window = bothSides(call, '`kernel`', kernel, 1)
  const steps = bothSides(call, '`stride`', stride, 1)
  const [rows, columns] = bothSides(call, '`padding`', padding, 0)
  const b = call.graph()
  const { shape } = x.type
  if (rows >= window[0] || columns >= window[1])
    return call.fail('ARC4023', {
      what: '`padding` of `max_pool`',
      bounds: 'below the kernel',
      found: rows >= window[0] ? rows : columns,
    })
  checkWindow(call, x, window, [rows, columns])
  if (elementCount(window) === 1) {
    const limit = [...shape]
    return b.add('slice', [x], { start: [0, 0, 0, 0], limit, stride: [1, ...steps, 1] })
  }
  const isWhole = window[0] === shape[1] && window[1] === shape[2] && rows + columns === 0
  if (isWhole) return ops.reshape(b, ops.maxOver(b, x, [1, 2]), [shape[0] ?? 0, 1, 1, shape[3] ?? 0])
  if (elementCount(window) > mostPlaces)
    return call.fail('ARC4023', {
      what: 'the number of places of `kernel`',
      bounds: `at most ${mostPlaces}, unless it covers the image`,
      found: elementCount(window),
    })
  return b.add('max_pool', [x], {
    window,
    stride: steps,
    padding: [
      [rows, rows],
      [columns, columns],
    ],
  })
}

/**
 * The mean under each place of a window: [N,H',W',C]; `stride` defaults to the window, and `padding` pixels on each side count as
 * zeros. Without a `kernel`, the mean of every channel over the whole image: vectors [N,C].
 */
export function average_pool(call: Call, x: Image, kernel: Pair = 0, stride: Pair = kernel, padding: Pair = 0): Tensor {
  const b = call.graph()
  if (kernel === 0) return ops.meanOver(b, x, [1, 2])
  const window = bothSides(call, '`kernel`', kernel, 1)
  const steps = bothSides(call, '`stride`', stride, 1)
  const [rows, columns] = bothSides(call, '`padding`', padding, 0)
  checkWindow(call, x, window, [rows, columns])
  const { dtype, shape } = x.type
  const channels = shape[3] ?? 0
  const sums = b.add('conv2d', [x, ops.splat(b, 1, { dtype, shape: [...window, 1, channels] })], {
    stride: steps,
    padding: [
      [rows, rows],
      [columns, columns],
    ],
    groups: channels,
  })
  // In f32: 1/9 in 16 bits would be wrong by up to 0.2 %.
  return ops.convert(b, ops.multiply(b, ops.convert(b, sums, 'f32'), 1 / elementCount(window)), dtype)
}
