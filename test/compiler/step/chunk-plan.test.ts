/** The chunks of center rows. */
import { expect, test } from 'vitest'
import { deviceTraits } from '../../../compiler/ir/device-traits.ts'
import { chunkPlan } from '../../../compiler/step/chunk-plan.ts'

test.each([
  // Small logits stay in one chunk of exactly this many rows.
  [1000, 64, 'auto', { count: 1, rows: 1000, padded: 1000 }],
  [32768, 512, 'auto', { count: 1, rows: 32768, padded: 32768 }],
  // 29 M identities on 8 devices at batch 1024: logits of 64 MiB per chunk.
  [3_625_000, 1024, 'auto', { count: 222, rows: 16336, padded: 3_626_592 }],
  [32769, 512, 'auto', { count: 2, rows: 16392, padded: 32784 }],
  // A batch so large that even a few rows are too many.
  [20, 10_000_000, 'auto', { count: 3, rows: 8, padded: 24 }],
  [1000, 64, 1000, { count: 1, rows: 1000, padded: 1000 }],
  [1000, 64, 999, { count: 2, rows: 500, padded: 1000 }],
  [7, 64, 3, { count: 3, rows: 3, padded: 9 }],
  [7, 64, 1, { count: 7, rows: 1, padded: 7 }],
] as const)('%i rows, batch %i, chunk %s', (rows, width, chunk, wanted) => {
  expect(chunkPlan({ rows, width, bytes: 64 * 2 ** 20 }, chunk)).toEqual(wanted)
})

test('a CPU has chunks that stay in its caches', () => {
  const { chunkBytes: bytes } = deviceTraits.cpu
  expect(chunkPlan({ rows: 2048, width: 512, bytes }, 'auto').count).toBe(1)
  expect(chunkPlan({ rows: 100_000, width: 512, bytes }, 'auto')).toEqual({ count: 49, rows: 2048, padded: 100_352 })
})
