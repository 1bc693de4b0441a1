/** The kernels and library calls of one step, in the order in which they start. */
import {
  type Computation,
  calledBy,
  type HloModule,
  type Instruction,
  operandShape,
  type Shape,
  sourceOf,
} from './module.ts'
import { trafficOf } from './traffic.ts'

export interface Kernel {
  readonly instruction: Instruction
  /** How often it runs in a step: more than once in a loop. */
  readonly times: number
  /** Bytes that one run reads and writes. */
  readonly bytes: number
  readonly operands: readonly Shape[]
  /** What a fusion computes; `undefined` where the instruction is no fusion. */
  readonly fused: Computation | undefined
  /** The path of the block that it comes from, or what the graph calls the op. */
  readonly source: string
}

/** What costs nothing: names for bytes that are there, four bytes that say which device it is, and the ends of what was started before. */
const free = new Set([
  'parameter',
  'constant',
  'replica-id',
  'partition-id',
  'bitcast',
  'get-tuple-element',
  'tuple',
  'after-all',
  'optimization-barrier',
  'add-dependency',
  'all-reduce-done',
  'all-gather-done',
  'reduce-scatter-done',
  'collective-permute-done',
  'async-done',
  'async-update',
  'copy-done',
])

/** How often the body of a loop runs; 1 where XLA does not know. */
function tripCount({ attributes }: Instruction): number {
  return Number(/"known_trip_count":\{"n":"?(\d+)/.exec(attributes)?.[1] ?? 1)
}

function* walk(module: HloModule, computation: Computation, times: number): Generator<Kernel> {
  for (const instruction of computation.instructions) {
    const { opcode, operands } = instruction
    if (free.has(opcode)) continue
    if (opcode === 'while') {
      const trips = times * tripCount(instruction)
      yield* walk(module, calledBy(module, instruction, 'body'), trips)
      yield* walk(module, calledBy(module, instruction, 'condition'), trips)
    } else if (opcode === 'call') {
      yield* walk(module, calledBy(module, instruction, 'to_apply'), times)
    } else {
      const { read, written } = trafficOf(module, computation, instruction)
      yield {
        instruction,
        times,
        bytes: read + written,
        operands: operands.map((operand) => operandShape(computation, operand)),
        fused: opcode === 'fusion' ? calledBy(module, instruction, 'calls') : undefined,
        source: sourceOf(instruction),
      }
    }
  }
}

export function kernelsOf(module: HloModule): readonly Kernel[] {
  return Array.from(walk(module, module.entry, 1))
}
