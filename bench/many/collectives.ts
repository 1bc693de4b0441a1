/** The collectives of a compiled step, as XLA left them: between which devices, and how many bytes each of these sends. */
import { bug } from '../../grammar/diagnostic.ts'
import { type Kernel, kernelsOf } from '../hlo/kernels.ts'
import { bytesOf, calledBy, type HloModule, type Instruction } from '../hlo/module.ts'

const kinds = ['all_reduce', 'all_gather', 'reduce_scatter'] as const
export type CollectiveKind = (typeof kinds)[number]

export interface Collective {
  readonly kind: CollectiveKind
  /** The graph's name for it; several that XLA combined share one. */
  readonly source: string
  /** Devices that exchange with each other, by number. */
  readonly groups: readonly (readonly number[])[]
  /** Bytes that each device sends in a ring, in all runs of a step. */
  readonly wireBytes: number
}

/** What each device sends of `bytes` operands in a ring of `size`: as the compiler's cost rules count it. */
const sentOf: { readonly [K in CollectiveKind]: (bytes: number, size: number) => number } = {
  all_reduce: (bytes, size) => (2 * bytes * (size - 1)) / size,
  all_gather: (bytes, size) => bytes * (size - 1),
  reduce_scatter: (bytes, size) => (bytes * (size - 1)) / size,
}

function kindOf({ opcode }: Instruction): CollectiveKind | undefined {
  const name = opcode.replace(/-start$/, '').replaceAll('-', '_')
  return kinds.find((kind) => kind === name)
}

/** The collective of a kernel: itself, or what it starts; `undefined` if it is not one. */
function startedBy(module: HloModule, { instruction }: Kernel): Instruction | undefined {
  if (instruction.opcode !== 'async-start') return kindOf(instruction) === undefined ? undefined : instruction
  const { root } = calledBy(module, instruction, 'calls')
  return kindOf(root) === undefined ? undefined : root
}

/**
 * The groups of an instruction: listed, `{{0,1},{2,3}}`; or as a reshaped and transposed range, `[2,2]<=[4]` and
 * `[2,2]<=[2,2]T(1,0)`; empty braces are all devices.
 */
export function readGroups(attributes: string, devices: number): readonly (readonly number[])[] {
  const listed = /\breplica_groups=\{((?:\{[\d,\s]*\},?\s*)*)\}/.exec(attributes)
  if (listed !== null) {
    const groups = Array.from((listed[1] ?? '').matchAll(/\{([^}]*)\}/g), ([, group = '']) => numbersOf(group))
    return groups.length === 0 ? [rangeOf(devices)] : groups
  }
  const range = /\breplica_groups=\[(\d+),(\d+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?/.exec(attributes)
  if (range === null) bug(`no replica groups that this script reads in: ${attributes.slice(0, 200)}`)
  const [, count = '', size = '', dims = '', order] = range
  const numbers = transposed(numbersOf(dims), order === undefined ? undefined : numbersOf(order))
  return rangeOf(Number(count)).map((group) => numbers.slice(group * Number(size), (group + 1) * Number(size)))
}

const numbersOf = (text: string) => text.split(',').map(Number)
const rangeOf = (count: number) => Array.from({ length: count }, (_, i) => i)

/** The elements of a range with these dims in the order of the transposed dims. */
function transposed(dims: readonly number[], order = rangeOf(dims.length)): readonly number[] {
  const strides = dims.map((_, i) => dims.slice(i + 1).reduce((product, dim) => product * dim, 1))
  return order.reduce<readonly number[]>(
    (offsets, axis) =>
      offsets.flatMap((offset) => rangeOf(dims[axis] ?? 1).map((at) => offset + at * (strides[axis] ?? 1))),
    [0],
  )
}

/** All collectives of a step, those in loops with all their runs. Other exchanges between devices are bugs: no graph has any. */
export function collectivesOf(module: HloModule, devices: number): readonly Collective[] {
  return kernelsOf(module).flatMap((kernel): Collective[] => {
    const { instruction, operands, times, source } = kernel
    const exchange = /^(collective-|all-to-all|ragged-|send|recv)/.exec(instruction.opcode)
    if (exchange !== null) bug(`${instruction.name} is a ${instruction.opcode}`)
    const started = startedBy(module, kernel)
    const kind = started === undefined ? undefined : kindOf(started)
    if (started === undefined || kind === undefined) return []
    const groups = readGroups(started.attributes, devices)
    const bytes = operands.reduce((sum, shape) => sum + bytesOf(shape), 0)
    return [{ kind, source, groups, wireBytes: sentOf[kind](bytes, groups[0]?.length ?? 1) * times }]
  })
}

/**
 * Bytes that leave each computer: a ring of all devices, computer after computer, passes each link once, and one link leads out of
 * each computer. The same number comes in. Rings within one computer send nothing out.
 */
export function bytesBetween(collectives: readonly Collective[], devicesPerNode: number): number {
  const nodeOf = (device: number) => Math.floor(device / devicesPerNode)
  const crossing = collectives.filter(({ groups }) => groups.some((group) => new Set(group.map(nodeOf)).size > 1))
  return crossing.reduce((sum, { wireBytes }) => sum + wireBytes, 0)
}

/** Whether one exchange joins all devices. */
export function joinsAll({ groups }: Collective, devices: number): boolean {
  return groups.length === 1 && new Set(groups[0]).size === devices
}
