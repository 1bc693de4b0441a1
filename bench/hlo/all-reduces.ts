/** How the sums over devices lie in the schedule. */

import type { Kernel } from './kernels.ts'
import { bytesOf, type HloModule, sourceOf } from './module.ts'

export interface AllReduce {
  readonly name: string
  readonly source: string
  readonly bytes: number
  /** Kernels between start and end; `undefined` where all that follows waits for it. */
  readonly between: number | undefined
}

/** All of the entry computation, in its order. */
export function allReducesOf(module: HloModule, kernels: readonly Kernel[]): readonly AllReduce[] {
  const { instructions } = module.entry
  const isKernel = new Set(kernels.map(({ instruction }) => instruction.name))
  return instructions.flatMap((instruction, at): AllReduce[] => {
    const { name, opcode, shape, attributes } = instruction
    if (opcode !== 'all-reduce' && opcode !== 'all-reduce-start') return []
    const end = instructions.findIndex(
      (later) => later.opcode === 'all-reduce-done' && later.operands.some((operand) => operand.name === name),
    )
    const waits = opcode === 'all-reduce' || end < 0 || attributes.includes('"is_sync":true')
    const between = waits ? undefined : instructions.slice(at + 1, end).filter((i) => isKernel.has(i.name)).length
    return [{ name, source: sourceOf(instruction), bytes: bytesOf(shape), between }]
  })
}

/** The graph names the sums of the backbone's gradients so. */
export function ofGradients({ source }: AllReduce): boolean {
  return source.startsWith('gradients of')
}
