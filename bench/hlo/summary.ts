/** The figures of one compiled step. */
import { type AllReduce, allReducesOf } from './all-reduces.ts'
import { type FilterMove, filterMove, type Group, groupOf, learnShapes } from './groups.ts'
import { type Kernel, kernelsOf } from './kernels.ts'
import type { HloModule } from './module.ts'

/** The time of kernels that touch fewer bytes is dominated by their launch. */
export const smallKernel = 1e6

export interface GroupedKernel extends Kernel {
  readonly group: Group
  readonly filterMove: FilterMove | undefined
}

export interface Summary {
  readonly kernels: readonly GroupedKernel[]
  readonly allReduces: readonly AllReduce[]
}

export function summarize(module: HloModule): Summary {
  const kernels = kernelsOf(module)
  const shapes = learnShapes(module, kernels)
  return {
    kernels: kernels.map((kernel) => ({
      ...kernel,
      group: groupOf(kernel, shapes),
      filterMove: filterMove(kernel, shapes),
    })),
    allReduces: allReducesOf(module, kernels),
  }
}

export function isSmall({ bytes }: Kernel): boolean {
  return bytes < smallKernel
}

/** Bytes of a step. */
export function totalBytes(kernels: readonly Kernel[]): number {
  return kernels.reduce((sum, { bytes, times }) => sum + bytes * times, 0)
}

/** Runs in a step. */
export function totalRuns(kernels: readonly Kernel[]): number {
  return kernels.reduce((sum, { times }) => sum + times, 0)
}
