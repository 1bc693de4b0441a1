/** The backward pass computes what it reads of the forward pass from tensors in memory, where the compiler would keep it. */
import { expect, it } from 'vitest'
import { emitModule } from '../../helpers/emit-module.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const depth = 6

/** The step of a vision transformer, by XLA's own ops. */
function stepText(batch: number, platform: 'cpu' | 'cuda') {
  const backbone = `vit(width: 32, depth: ${depth}, heads: 2, patch: 14, embedding: 24)`
  const { step } = narrowPlan({ devices: 1, batch, classes: 13, backbone }).graphs
  return emitModule(step, { platform })
}

function subtractions(batch: number, platform: 'cpu' | 'cuda') {
  return stepText(batch, platform).split('stablehlo.subtract').length - 1
}

/** How many comparisons read a value from behind a barrier. */
function comparedLate(batch: number, platform: 'cpu' | 'cuda') {
  const text = stepText(batch, platform)
  const late = new Set(Array.from(text.matchAll(/(%\d+) = "stablehlo.optimization_barrier"/g), ([, name]) => name))
  return Array.from(text.matchAll(/"stablehlo.compare"\((%\d+),/g)).filter(([, name]) => late.has(name)).length
}

it.each([
  // Two normalizations in each block read the residual stream, which is in memory.
  ['cpu', 2 * depth],
  ['cuda', 0],
] as const)('the distances of large tensors from their means, on %s', (platform, again) => {
  expect(subtractions(64, platform) - subtractions(4, platform)).toBe(again)
})

it.each([
  // Two limits in each block.
  ['cpu', 64, 2 * depth],
  ['cpu', 4, 0],
  ['cuda', 64, 0],
] as const)(
  'the masks of large activations from their results in memory, on %s at batch %i',
  (platform, batch, late) => {
    expect(comparedLate(batch, platform)).toBe(late)
  },
)
