/**
 * The golden runs by a plan for GPUs, written for CUDA, on the CPU: filters stored as cuDNN reads them, gradients summed in groups,
 * statistics in one pass of complex sums; compiled with LLVM's optimizations, as users run them.
 */
import { test } from 'vitest'
import { expectGolden } from '../helpers/golden.ts'

test.each(['mbf_arcface_w1', 'r18_arcface_w2'])(
  '%s is reproduced within 1e-3',
  (name) => expectGolden(name, 'cuda'),
  300_000,
)
