/** Windows over images: sizes in both directions, and whether they fit. Legend: N batch, H W height and width, C channels. */
import type { Call, Image, Pair } from './types.ts'

/** [along the height, along the width] of a pair, each at least `least`; a single number counts for both. */
export function bothSides(call: Call, what: string, pair: Pair, least: number): readonly [number, number] {
  const given = typeof pair === 'number' ? [pair, pair] : pair
  const [down, across] = given
  if (down === undefined || across === undefined || given.length !== 2)
    return call.fail('ARC4165', { what, count: given.length })
  for (const found of [down, across])
    if (!(Number.isInteger(found) && found >= least))
      return call.fail('ARC4023', { what, bounds: `${least} or more`, found })
  return [down, across]
}

/** Reports a window that is larger than the image with its padding. */
export function checkWindow(
  call: Call,
  x: Image,
  [tall, wide]: readonly [number, number],
  [rows, columns]: readonly [number, number],
): void {
  const [, height = 0, width = 0] = x.type.shape
  if (tall <= height + 2 * rows && wide <= width + 2 * columns) return
  const padding = rows === columns ? `${rows}` : `${rows}x${columns}`
  call.fail('ARC4102', { kernel: `${tall}x${wide}`, image: `${height}x${width}`, padding })
}
