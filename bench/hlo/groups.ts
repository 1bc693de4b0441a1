/**
 * The tensors that a kernel works on. Shapes: activations are [batch,height,width,channels] as used by convolutions, or the same
 * bytes in another shape with the channels last; filters are [out,kh,kw,in] or any dim order of these, as used by convolutions
 * and the step's inputs.
 */

import type { Kernel } from './kernels.ts'
import { type ArrayShape, arraysOf, type HloModule } from './module.ts'

export type Group = 'convolution' | 'activation' | 'filter' | 'product' | 'collective' | 'other'

/** The shapes that identify a program's tensors. */
export interface Shapes {
  /** `elements:channels` of each activation. */
  readonly activations: ReadonlySet<string>
  /** Element counts of activations. */
  readonly activationSizes: ReadonlySet<number>
  readonly batch: number
  /** Dimensions of each filter, sorted. */
  readonly filters: ReadonlySet<string>
  /** Dimensions of the weights and of the optimizer's state, sorted. */
  readonly state: ReadonlySet<string>
}

const collectives = /^(all-reduce|all-gather|reduce-scatter|collective-permute|all-to-all|async)/
const floats = /^(bf|f)\d/

const size = ({ dims }: ArrayShape) => dims.reduce((product, dim) => product * dim, 1)
const sorted = ({ dims }: ArrayShape) => dims.toSorted((a, b) => a - b).join(',')
const withChannels = (shape: ArrayShape) => `${size(shape)}:${shape.dims.at(-1)}`

/** `__cudnn$convForward`; empty if it is not a library call. */
export function callTarget({ instruction }: Kernel): string {
  return /custom_call_target="([^"]*)"/.exec(instruction.attributes)?.[1] ?? ''
}

function isConvolution(kernel: Kernel): boolean {
  return callTarget(kernel).startsWith('__cudnn$conv')
}

/** Collects the shapes of activations and filters from the convolutions, and those of the state from the program's inputs. */
export function learnShapes(module: HloModule, kernels: readonly Kernel[]): Shapes {
  const activations: ArrayShape[] = []
  const filters: ArrayShape[] = []
  for (const kernel of kernels.filter(isConvolution)) {
    const [first, second] = kernel.operands.flatMap(arraysOf)
    const [result] = arraysOf(kernel.instruction.shape)
    if (first === undefined || second === undefined || result === undefined) continue
    const ofFilter = callTarget(kernel) === '__cudnn$convBackwardFilter'
    activations.push(first, ofFilter ? second : result)
    filters.push(ofFilter ? result : second)
  }
  const inputs = module.entry.instructions
    .filter(({ opcode }) => opcode === 'parameter')
    .flatMap(({ shape }) => arraysOf(shape))
    .filter(({ dtype }) => floats.test(dtype))
  return {
    activations: new Set(activations.map(withChannels)),
    activationSizes: new Set(activations.map(size)),
    batch: activations[0]?.dims[0] ?? 0,
    filters: new Set([...filters, ...inputs.filter(({ dims }) => dims.length === 4)].map(sorted)),
    state: new Set(inputs.filter(({ dims }) => dims.length > 1).map(sorted)),
  }
}

export function isFilter(shape: ArrayShape, shapes: Shapes): boolean {
  return shape.dims.length === 4 && floats.test(shape.dtype) && shapes.filters.has(sorted(shape))
}

/** An activation may have the same element count as a weight: then its channels, or the leading batch, distinguish them. */
function isActivation(shape: ArrayShape, shapes: Shapes): boolean {
  if (shapes.state.has(sorted(shape)) || isFilter(shape, shapes)) return false
  if (shape.dims.length === 4 && shape.dims[0] === shapes.batch) return true
  return (
    shapes.activations.has(withChannels(shape)) ||
    (shape.dims[0] === shapes.batch && shapes.activationSizes.has(size(shape)))
  )
}

/** Operands and results. */
export function arraysOfKernel({ operands, instruction }: Kernel): readonly ArrayShape[] {
  return [...operands, instruction.shape].flatMap(arraysOf)
}

const moves = new Set([
  'parameter',
  'constant',
  'transpose',
  'convert',
  'copy',
  'bitcast',
  'reshape',
  'reverse',
  'pad',
  'slice',
  'concatenate',
  'broadcast',
  'tuple',
])

/** Whether a kernel computes nothing: it copies, transposes, or converts the type. */
function onlyMoves({ fused, instruction }: Kernel): boolean {
  return fused === undefined
    ? moves.has(instruction.opcode)
    : fused.instructions.every(({ opcode }) => moves.has(opcode))
}

/** What a kernel does to a filter besides computing with it. */
export type FilterMove = 'to 16 bits' | 'transpose' | 'conversion' | 'gathering' | 'copy'

/** `undefined` if it touches no filter, or computes and keeps the filter's dim order. */
export function filterMove(kernel: Kernel, shapes: Shapes): FilterMove | undefined {
  const { fused, instruction } = kernel
  if (isConvolution(kernel) || !arraysOfKernel(kernel).some((array) => isFilter(array, shapes))) return undefined
  const opcodes = new Set(fused?.instructions.map(({ opcode }) => opcode) ?? [instruction.opcode])
  // Gradients are concatenated for their sum over devices, in the type of the sum; the filters are unchanged.
  if (opcodes.has('concatenate')) return 'gathering'
  if (opcodes.has('transpose')) return 'transpose'
  if (!onlyMoves(kernel)) return undefined
  if (!opcodes.has('convert')) return 'copy'
  const narrow = arraysOf(instruction.shape).every(({ dtype }) => /^b?f16$/.test(dtype))
  const wide = kernel.operands.flatMap(arraysOf).every(({ dtype }) => dtype === 'f32')
  return narrow && wide ? 'to 16 bits' : 'conversion'
}

export function groupOf(kernel: Kernel, shapes: Shapes): Group {
  const { fused, instruction } = kernel
  if (isConvolution(kernel)) return 'convolution'
  if (collectives.test(instruction.opcode)) return 'collective'
  if (callTarget(kernel).startsWith('__cublas') || fused?.instructions.some(({ opcode }) => opcode === 'dot'))
    return 'product'
  const arrays = arraysOfKernel(kernel)
  const largest = arrays.reduce<ArrayShape | undefined>(
    (most, array) => (most === undefined || array.bytes > most.bytes ? array : most),
    undefined,
  )
  if (largest !== undefined && isActivation(largest, shapes)) return 'activation'
  return filterMove(kernel, shapes) === undefined ? 'other' : 'filter'
}
