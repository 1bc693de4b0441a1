/**
 * Bytes that a kernel reads and writes. Each operand is read once and each result written once; but if a kernel only slices an
 * operand it reads the slice, and if it updates one in place it touches the update.
 */
import { bug } from '../../grammar/diagnostic.ts'
import {
  arraysOf,
  bytesOf,
  type Computation,
  calledBy,
  type HloModule,
  type Instruction,
  type Operand,
  operandShape,
} from './module.ts'

export interface Traffic {
  readonly read: number
  readonly written: number
}

/** These only rename existing bytes. */
const renames = new Set(['bitcast', 'get-tuple-element', 'reshape', 'optimization-barrier', 'copy-done'])
const slices = new Set(['slice', 'dynamic-slice', 'gather'])
/** The first operand is the array that is updated in place; the number is the offset of the operand that is written to it. */
const updates: Readonly<Record<string, number>> = { 'dynamic-update-slice': 1, scatter: 2 }

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Bytes of a value in a fused computation that its users read; `whole` if one of them reads all of it. */
function touched(computation: Computation, value: Instruction, whole: number): number {
  let bytes = 0
  for (const user of computation.instructions) {
    const places = user.operands.flatMap((operand, place) => (operand.name === value.name ? [place] : []))
    if (places.length === 0) continue
    const onlyFirst = places.length === 1 && places[0] === 0
    if (onlyFirst && renames.has(user.opcode)) bytes += touched(computation, user, whole)
    else if (onlyFirst && slices.has(user.opcode)) bytes += bytesOf(user.shape)
    else if (!(onlyFirst && user.opcode in updates)) return whole
  }
  return Math.min(bytes, whole)
}

function fusedReads(computation: Computation, operands: readonly Operand[], around: Computation): number {
  const parameters = computation.instructions.filter(({ opcode }) => opcode === 'parameter')
  return sum(
    parameters.map((parameter) => {
      const operand = operands[Number(parameter.inside)] ?? bug(`${computation.name} has more parameters than operands`)
      return touched(computation, parameter, bytesOf(operandShape(around, operand)))
    }),
  )
}

/** Bytes that a computation writes for one of its results. */
function resultBytes(computation: Computation, value: Instruction): number {
  const [first] = value.operands
  const source = first === undefined ? undefined : computation.byName.get(first.name)
  if (value.opcode === 'bitcast' && source !== undefined)
    return Math.min(bytesOf(value.shape), resultBytes(computation, source))
  return updatedBytes(computation, value) ?? bytesOf(value.shape)
}

function updatedBytes(computation: Computation, { opcode, operands }: Instruction): number | undefined {
  const place = updates[opcode]
  const update = place === undefined ? undefined : operands[place]
  return update === undefined ? undefined : bytesOf(operandShape(computation, update))
}

function fusedWrites(computation: Computation): number {
  const { root } = computation
  if (root.opcode !== 'tuple') return resultBytes(computation, root)
  return sum(
    root.operands.map(({ name }) => resultBytes(computation, computation.byName.get(name) ?? bug(`no ${name}`))),
  )
}

/** The workspace of cuDNN and cuBLAS is the last element of their results, bytes without a type. */
function callWrites({ shape }: Instruction): number {
  const arrays = arraysOf(shape)
  const results = arrays.length > 1 && /^[su]8$/.test(arrays.at(-1)?.dtype ?? '') ? arrays.slice(0, -1) : arrays
  return sum(results.map(({ bytes }) => bytes))
}

/** The traffic of an instruction that is a separate kernel, in the computation `around`. */
export function trafficOf(module: HloModule, around: Computation, instruction: Instruction): Traffic {
  const { opcode, operands, shape } = instruction
  const distinct = operands.filter(
    (operand, place) => operands.findIndex((o) => o.name === operand.name && o.element === operand.element) === place,
  )
  const allRead = () => sum(distinct.map((operand) => bytesOf(operandShape(around, operand))))
  if (opcode === 'fusion') {
    const fused = calledBy(module, instruction, 'calls')
    return { read: fusedReads(fused, operands, around), written: fusedWrites(fused) }
  }
  if (opcode === 'custom-call') return { read: allRead(), written: callWrites(instruction) }
  if (slices.has(opcode)) return { read: bytesOf(shape), written: bytesOf(shape) }
  const update = updatedBytes(around, instruction)
  if (update !== undefined) return { read: update, written: update }
  // The result of a start op repeats its operands, except for all-reduce.
  const again = opcode.endsWith('-start') && opcode !== 'all-reduce-start' ? allRead() : 0
  return { read: allRead(), written: Math.max(0, bytesOf(shape) - again) }
}
