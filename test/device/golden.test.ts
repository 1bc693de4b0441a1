/**
 * Whole training steps against figures that the real arcface_torch printed: losses, gradient norms, weights, embeddings. On one device
 * for the CPU; on two by a plan for GPUs in `golden-for-cuda.test.ts`; `npm run golden` repeats every run in both forms.
 */
import { test } from 'vitest'
import { expectGolden } from '../helpers/golden.ts'

test.each(['mbf_arcface_w1', 'r18_arcface_filter'])(
  '%s is reproduced within 1e-3',
  (name) => expectGolden(name, 'cpu'),
  180_000,
)
