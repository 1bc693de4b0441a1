/**
 * A golden run by a plan for GPUs, written for CUDA, on the CPU: filters stored as cuDNN reads them, gradients summed in groups,
 * statistics in one pass of complex sums; compiled with LLVM's optimizations, as users run them. `npm run golden` has the others, and
 * the GPU kit repeats them on a card.
 */
import { test } from 'vitest'
import { expectGolden } from '../helpers/golden.ts'

test('r18_arcface_w2 is reproduced within 1e-3', () => expectGolden('r18_arcface_w2', 'cuda'), 300_000)
