/**
 * The memory ledger: bytes by purpose on the device that needs most. State is counted exactly; the rest comes from the liveness of
 * the step's graph. State is donated: new weights replace the old ones in place.
 *
 * Memory that no graph shows (workspaces that cuDNN chooses at run time, NCCL's buffers, the CUDA context) is the device's
 * `reserve`.
 */
import type { DeviceSpec } from '../experiment/experiment.ts'
import type { CpuKernels } from '../ir/cpu-kernels.ts'
import { byteSize } from '../ir/dtype.ts'
import type { Graph, Phase } from '../ir/graph.ts'
import { liveness, type PeakPart } from '../ir/liveness.ts'
import { type StateTensor, stateDonation } from '../ir/state-tensor.ts'
import type { PlanDocument } from './document.ts'
import { nativeMemory, type ProgramMemory } from './native-memory.ts'
import { xlaMemory } from './xla-order.ts'

type Memory = PlanDocument['memory']
type Line = Memory['lines'][number]

const stateLines: readonly {
  readonly name: string
  readonly detail: string
  readonly roles: readonly StateTensor['role'][]
}[] = [
  { name: 'weights', detail: 'of the backbone', roles: ['parameter', 'buffer'] },
  { name: 'optimizer state', detail: 'of the backbone', roles: ['optimizer', 'scaler'] },
  { name: 'average', detail: 'of the weights', roles: ['average'] },
  { name: 'margin', detail: 'what it keeps and learns', roles: ['margin'] },
  { name: 'pictures of classes', detail: "this device's classes", roles: ['class_count', 'count'] },
  { name: 'centers', detail: "this device's classes", roles: ['centers'] },
  { name: 'centers state', detail: 'optimizer state of the centers', roles: ['centers_optimizer'] },
]

/** The memory of a step at its peak in addition to state, by the part of the step that allocates it. */
const workLines: { readonly [P in Phase]: Omit<Line, 'bytes'> } = {
  forward: { name: 'activations', detail: 'saved for the backward pass' },
  backward: { name: 'gradients', detail: 'of weights and activations' },
  head: { name: 'head workspace', detail: 'logits and gradients of the centers' },
  update: { name: 'update', detail: 'new weights before they replace the old ones' },
  evaluate: { name: 'evaluation', detail: 'embeddings' },
  init: { name: 'initialization', detail: 'initial values' },
}

const collectiveLine = { name: 'collectives', detail: 'gathered embeddings, sums over devices' }

/** Of a step that trains no weight of the backbone. */
const forwardOnly = { name: 'activations', detail: 'of the forward pass' }

function lineOf(part: PeakPart, hasBackward: boolean): Omit<Line, 'bytes'> {
  if (part.class === 'collective') return collectiveLine
  return part.phase === 'forward' && !hasBackward ? forwardOnly : workLines[part.phase]
}

/** The only state of an optimizer of no weights: that of loss scaling. */
const lossScaleLine = { name: 'loss scale', detail: 'factor and counters' }

/** Smaller parts have no line of their own and are added to the largest part. */
const crumbs = 64 * 1024

/** The element types of all tensors except scalars. */
function dtypesOf(tensors: readonly StateTensor[]): string {
  return [...new Set(tensors.filter(({ shape }) => shape.length > 0).map(({ dtype }) => dtype))].join(' and ')
}

export interface Ledger {
  readonly memory: Memory
  /** Bytes that a step needs in addition to state and inputs. */
  readonly temporary: number
}

const memoryOf: { readonly [K in CpuKernels]: (step: Graph) => ProgramMemory } = {
  native: nativeMemory,
  xla: xlaMemory,
}

/** `kernels` are those of a CPU. */
export function buildLedger(
  step: Graph,
  state: readonly StateTensor[],
  device: DeviceSpec,
  kernels?: CpuKernels,
): Ledger {
  const lines: Line[] = stateLines.map(({ name, detail, roles }) => {
    const tensors = state.filter((tensor) => roles.includes(tensor.role))
    const bytes = tensors.reduce((sum, tensor) => sum + byteSize(tensor), 0)
    if (tensors.length > 0 && tensors.every(({ role }) => role === 'scaler')) return { ...lossScaleLine, bytes }
    const dtypes = dtypesOf(tensors)
    return { name, detail: dtypes === '' ? detail : `${detail}, ${dtypes}`, bytes }
  })
  const stateBytes = lines.reduce((sum, line) => sum + line.bytes, 0)
  const donated = stateDonation(state)
  const asIs: ProgramMemory = { graph: step, kept: {}, gapShare: 0 }
  const { graph, kept, gapShare } = kernels === undefined ? asIs : memoryOf[kernels](step)
  const alive = liveness(graph, donated, kept)
  const gaps = gapShare * (alive.peak - alive.inputs)
  lines.push({ name: 'inputs', detail: 'images, labels', bytes: alive.inputs - stateBytes })
  const work = new Map<string, Line>()
  const hasBackward = step.ops.some((op) => op.origin.phase === 'backward')
  for (const part of alive.atPeak) {
    const { name, detail } = lineOf(part, hasBackward)
    work.set(name, { name, detail, bytes: part.bytes + (work.get(name)?.bytes ?? 0) })
  }
  const [largest, ...others] = [...work.values()].sort((a, b) => b.bytes - a.bytes)
  if (largest !== undefined) {
    const small = others.filter((line) => line.bytes < crumbs).reduce((sum, line) => sum + line.bytes, 0)
    lines.push({ ...largest, bytes: largest.bytes + small }, ...others.filter((line) => line.bytes >= crumbs))
  }
  lines.push({ name: 'gaps', detail: "between the tensors of XLA's own kernels", bytes: gaps })
  lines.push({ name: 'reserve', detail: 'driver, engine, libraries', bytes: device.reserve })
  const shown = lines.filter((line) => line.bytes > 0).map((line) => ({ ...line, bytes: Math.round(line.bytes) }))
  const peak = shown.reduce((sum, line) => sum + line.bytes, 0)
  const capacity = Math.round(device.memory)
  return {
    memory: { lines: shown, peak, capacity, fits: peak <= capacity },
    temporary: alive.peak - alive.inputs + gaps,
  }
}
