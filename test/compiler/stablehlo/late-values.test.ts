/** The backward pass computes what it reads of the forward pass from tensors in memory, where the compiler would keep it. */
import { expect, it } from 'vitest'
import { emitModule } from '../../helpers/emit-module.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const depth = 6

/** How often the step of a vision transformer subtracts by XLA's own ops. */
function subtractions(batch: number, platform: 'cpu' | 'cuda') {
  const backbone = `vit(width: 32, depth: ${depth}, heads: 2, patch: 14, embedding: 24)`
  const { step } = narrowPlan({ devices: 1, batch, classes: 13, backbone }).graphs
  return emitModule(step, { platform }).split('stablehlo.subtract').length - 1
}

it.each([
  // Two normalizations in each block read the residual stream, which is in memory.
  ['cpu', 2 * depth],
  ['cuda', 0],
] as const)('the distances of large tensors from their means, on %s', (platform, again) => {
  expect(subtractions(64, platform) - subtractions(4, platform)).toBe(again)
})
