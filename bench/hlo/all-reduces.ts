/** The position of the sums over devices in the schedule. */
import type { Kernel } from './kernels.ts'
import { bytesOf, calledBy, type HloModule, type Instruction, sourceOf } from './module.ts'

export interface AllReduce {
  readonly name: string
  readonly source: string
  readonly bytes: number
  /** Kernels between start and end; `undefined` if everything after it waits for it. */
  readonly between: number | undefined
}

/** The sum that an instruction starts: itself, or the one it runs asynchronously. */
function startedSum(module: HloModule, instruction: Instruction): Instruction | undefined {
  const { opcode } = instruction
  const started = opcode === 'async-start' ? calledBy(module, instruction, 'calls').root : instruction
  return started.opcode === 'all-reduce' || started.opcode === 'all-reduce-start' ? started : undefined
}

/** All sums of the entry computation, in order. */
export function allReducesOf(module: HloModule, kernels: readonly Kernel[]): readonly AllReduce[] {
  const { instructions } = module.entry
  const isKernel = new Set(kernels.map(({ instruction }) => instruction.name))
  return instructions.flatMap((instruction, at): AllReduce[] => {
    const sum = startedSum(module, instruction)
    if (sum === undefined) return []
    const { name, attributes } = instruction
    const end = instructions.findIndex(
      ({ opcode, operands }) => opcode.endsWith('-done') && operands.some((operand) => operand.name === name),
    )
    const waits = end < 0 || attributes.includes('"is_sync":true')
    const between = waits ? undefined : instructions.slice(at + 1, end).filter((i) => isKernel.has(i.name)).length
    return [{ name, source: sourceOf(instruction), bytes: bytesOf(sum.shape), between }]
  })
}

/** The graph's name for the sums of the backbone's gradients. */
export function ofGradients({ source }: AllReduce): boolean {
  return source.startsWith('gradients of')
}
