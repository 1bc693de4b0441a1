/**
 * The memory ledger: bytes of the fullest device, by what they are for. State is counted exactly; what a step needs beyond it comes
 * from the liveness of the step's graph.
 */
import type { DeviceSpec } from '../experiment.ts'
import { byteSize } from '../ir/dtype.ts'
import type { Graph, Phase } from '../ir/graph.ts'
import { liveness } from '../ir/liveness.ts'
import type { PlanDocument } from './document.ts'
import type { StateTensor } from './plan.ts'

type Memory = PlanDocument['memory']
type Line = Memory['lines'][number]

const stateLines: readonly {
  readonly name: string
  readonly detail: string
  readonly roles: readonly StateTensor['role'][]
}[] = [
  { name: 'weights', detail: 'backbone, f32', roles: ['parameter', 'buffer'] },
  { name: 'optimizer state', detail: 'of the backbone', roles: ['optimizer'] },
  { name: 'centers', detail: "this device's classes, f32", roles: ['centers'] },
  { name: 'centers state', detail: 'optimizer state of the centers', roles: ['centers_optimizer'] },
]

const workDetails: { readonly [P in Phase]: string } = {
  forward: 'activations kept for the backward pass',
  head: 'logits and gradients of the centers',
  backward: 'gradients of weights and activations',
  update: 'new weights before they replace the old',
  evaluate: 'embeddings',
  init: 'initial values',
}

const workNames: { readonly [P in Phase]: string } = {
  forward: 'activations',
  head: 'head workspace',
  backward: 'gradients',
  update: 'update',
  evaluate: 'evaluation',
  init: 'initialization',
}

export function buildLedger(step: Graph, state: readonly StateTensor[], device: DeviceSpec): Memory {
  const lines: Line[] = stateLines.map(({ name, detail, roles }) => ({
    name,
    detail,
    bytes: state.filter((tensor) => roles.includes(tensor.role)).reduce((sum, tensor) => sum + byteSize(tensor), 0),
  }))
  const stateBytes = lines.reduce((sum, line) => sum + line.bytes, 0)
  const alive = liveness(step, new Map(state.map((_, index) => [index, index])))
  lines.push({ name: 'inputs', detail: 'images, labels', bytes: alive.inputs - stateBytes })
  const byPhase = new Map<Phase, number>()
  for (const part of alive.atPeak) byPhase.set(part.phase, (byPhase.get(part.phase) ?? 0) + part.bytes)
  for (const [phase, bytes] of byPhase) lines.push({ name: workNames[phase], detail: workDetails[phase], bytes })
  lines.push({ name: 'reserve', detail: 'driver, engine, libraries', bytes: device.reserve })
  const shown = lines.filter((line) => line.bytes > 0).map((line) => ({ ...line, bytes: Math.round(line.bytes) }))
  const peak = shown.reduce((sum, line) => sum + line.bytes, 0)
  const capacity = Math.round(device.memory)
  return { lines: shown, peak, capacity, fits: peak <= capacity }
}
