/** Plans for the actual machine of a run if it differs from the declared one. */
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { machineOfText } from '../elaborate/machine-text.ts'
import type { Experiment, MachineSpec } from '../experiment/experiment.ts'
import type { Host } from '../host/host.ts'
import type { LocalMachine } from '../host/local-machine.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { PlanDocument } from './document.ts'

export type StandIn =
  /** The declared devices, but the driver reports a different amount of memory. */
  | { readonly how: 'measured-memory'; readonly memory: number }
  /** Other devices of this computer, which replace the declared ones: the plan is for them. */
  | { readonly how: 'found'; readonly machine: string; readonly computer: LocalMachine }
  /** Virtual devices of this computer: the plan is that of the declared machine, except for memory and time. */
  | { readonly how: 'emulated'; readonly machine: string }

/** The machine of a stand-in. `undefined` after diagnostics, whose place is the experiment's `machine`. */
export function standInMachine(
  { machine, train, spanOf }: Experiment,
  standIn: StandIn,
  host: Host,
  bag: DiagnosticBag,
): MachineSpec | undefined {
  if (standIn.how === 'measured-memory') return { ...machine, device: { ...machine.device, memory: standIn.memory } }
  const own = new DiagnosticBag()
  const seen = standIn.how === 'found' ? { ...host, localMachine: () => standIn.computer } : host
  const found = machineOfText(standIn.machine, seen, own)
  for (const diagnostic of own.sorted()) bag.add({ ...diagnostic, span: machine.span })
  if (found !== undefined && train.precision === 'bf16' && found.device.flops.bf16 === undefined) {
    const params = { precision: train.precision, device: found.device.name }
    bag.add(evaluateDiagnostic('ARC4212', params, spanOf('train.precision')))
    return undefined
  }
  return found && { ...found, span: machine.span }
}

/** The description of the replaced machine in the plan document. */
export function insteadOfMachine(
  { machine }: Experiment,
  { how }: StandIn,
): Pick<PlanDocument['machine'], 'insteadOf'> {
  if (how === 'measured-memory') return {}
  const { name, nodes, devicesPerNode, device } = machine
  return { insteadOf: { how, name, nodes, devicesPerNode, device: device.name } }
}
