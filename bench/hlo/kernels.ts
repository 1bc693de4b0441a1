/** The kernels and library calls of one step, in starting order. */
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
  /** Number of runs per step: more than one in a loop. */
  readonly times: number
  /** Bytes that one run reads and writes. */
  readonly bytes: number
  readonly operands: readonly Shape[]
  /** The computation of a fusion; `undefined` if the instruction is not a fusion. */
  readonly fused: Computation | undefined
  /** The path of its block, or the graph's name for the op. */
  readonly source: string
}

/**
 * Instructions without cost: renamings of existing bytes, the four bytes of the device's number, and the ends of asynchronous
 * operations.
 */
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

/** Number of trips of a loop; 1 if XLA does not know. */
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
