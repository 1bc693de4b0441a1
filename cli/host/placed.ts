/** Consequences of the placement of a run: the machine of the plan, the devices, and the notes at the start. */
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import { worldSize } from '../../compiler/experiment/lengths.ts'
import type { Host } from '../../compiler/host/host.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { StandIn } from '../../compiler/plan/stand-in.ts'
import type { DeviceRequest } from '../../runtime/backend/backend.ts'
import type { Placement } from '../../runtime/backend/place.ts'
import type { StartEvent } from '../../runtime/events.ts'
import { localGpus } from './host.ts'

/** What replaces the declared machine in the plan; `undefined` if nothing does. `nodes` computers train together. */
export function standInOf(
  machine: Experiment['machine'],
  placement: Placement,
  host: Host,
  nodes = 1,
): StandIn | undefined {
  if (placement.on === 'cpu') {
    if (!placement.emulated) return undefined
    const devices = worldSize(machine)
    const memory = Math.floor(host.localMachine().memory / (devices / nodes))
    return { how: 'emulated', machine: `cpu(devices: ${devices}, memory: ${memory} B)` }
  }
  const { plan, gpus } = placement
  if (plan === 'declared') return undefined
  if (plan !== 'others') return { how: 'measured-memory', memory: plan.memory }
  const computer = { ...host.localMachine(), gpus: localGpus(gpus) }
  return { how: 'found', machine: `local(devices: ${gpus.length})`, computer }
}

/** The devices that the engine uses here, where `nodes` computers train together. */
export function devicesOf({ replicas, run }: Plan, placement: Placement, nodes = 1): DeviceRequest {
  if (placement.on === 'cpu') return { kind: 'cpu', devices: replicas / nodes }
  const { memory, reserve } = run.machine.device
  return { kind: 'cuda', gpus: placement.gpus, memory: memory - reserve }
}

/** The machine part of the start event. */
export function startOf({ document }: Plan, placement: Placement): Pick<StartEvent, 'emulates' | 'note'> {
  const { insteadOf } = document.machine
  const note = placement.note === undefined ? {} : { note: placement.note }
  if (insteadOf?.how !== 'emulated') return note
  const { name, nodes, devicesPerNode, device } = insteadOf
  return { ...note, emulates: `${name} (${nodes === 1 ? '' : `${nodes} × `}${devicesPerNode} × ${device})` }
}
