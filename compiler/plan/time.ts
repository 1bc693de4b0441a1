/**
 * The time model: simulates the step's graph at the rates of the device, with concurrent collectives, and the images that must be
 * prepared by its end.
 */
import type { MachineSpec } from '../experiment/experiment.ts'
import { worldSize } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import type { MachineProfile } from '../host/machine-profile.ts'
import type { DeviceKind } from '../ir/device-kind.ts'
import { deviceTraits } from '../ir/device-traits.ts'
import type { Graph } from '../ir/graph.ts'
import type { DeviceRates } from './device-rates.ts'
import { publishedRates } from './device-rates.ts'
import type { PlanDocument } from './document.ts'
import { kernelRates } from './kernel-rates.ts'
import { attainedLink, type LinkRates, publishedLinks } from './links.ts'
import { measuredGpuRates } from './measured-gpu.ts'
import { measuredLinks, measuredRates } from './measured-rates.ts'
import type { PlannedKernels } from './planned-kernels.ts'
import { runOnPaper } from './timeline.ts'

type Time = PlanDocument['time']

/** The rates that determine the time of a step. */
export interface MachineRates {
  readonly device: DeviceRates
  readonly links: LinkRates
  readonly basis: string
}

/** What was measured of a machine; `undefined` if nothing was, or if it is another computer. */
export function measuredProfile(machine: MachineSpec, host: Host): MachineProfile | undefined {
  if (!machine.local) return undefined
  return machine.device.kind === 'cpu' ? host.cpuProfile() : host.machineProfile()
}

/** The rates of a machine: measured if a profile contains its devices, otherwise by published figures. */
export function machineRates(machine: MachineSpec, profile: MachineProfile | undefined): MachineRates {
  return (profile && measuredOf[machine.device.kind](profile, machine)) ?? publishedOf(machine)
}

/** The rates at which the programs of a machine run `step`: its own kernels compute several ops at once. */
export function stepRates(rates: MachineRates, kernels: PlannedKernels | undefined, step: Graph): MachineRates {
  return kernels?.kind === 'native' ? { ...rates, device: kernelRates(rates.device, step) } : rates
}

const publishedOf = (machine: MachineSpec): MachineRates => onLinks(machine, publishedRates(machine.device))

/** Rates by published figures. */
function onLinks(machine: MachineSpec, device: DeviceRates): MachineRates {
  const isAlone = worldSize(machine) === 1
  const links = isAlone || !deviceTraits[machine.device.kind].hasLinks ? '' : `; links attain ${attainedLink * 100} %`
  return { device, links: publishedLinks(machine), basis: device.basis + links }
}

/** The measured rates of this computer; `undefined` if its devices were not measured. */
const measuredOf: {
  readonly [K in DeviceKind]: (profile: MachineProfile, machine: MachineSpec) => MachineRates | undefined
} = {
  cpu(profile, machine) {
    const { nodes, devicesPerNode } = machine
    const device = measuredRates(profile, devicesPerNode)
    // Of one computer, exchanges between its devices are measured, but not what is between computers.
    if (nodes > 1) return onLinks(machine, device)
    return { device, links: measuredLinks(profile, devicesPerNode), basis: device.basis }
  },
  cuda(profile, machine) {
    const { driver, name } = machine.device
    const card = profile.gpus?.find((known) => known.name === (driver ?? name))
    return card === undefined ? undefined : onLinks(machine, measuredGpuRates(card))
  },
}

/** The properties of a step that its graph does not contain. */
export interface StepFacts {
  /** Images over all devices. */
  readonly batch: number
  readonly steps: number
  /** Bytes that one device needs in addition to state and inputs. */
  readonly temporary: number
  /** Images per second that are prepared concurrently with the step; `undefined`: not limited. */
  readonly imageRate: number | undefined
}

export function estimateTime(step: Graph, rates: MachineRates, facts: StepFacts): Time {
  const { busy, exposed, links, seconds } = runOnPaper(step, rates.device, rates.links)
  const around = rates.device.perStep(facts.temporary)
  const onDevice = seconds + around
  const { imageRate } = facts
  const data = imageRate === undefined ? 0 : facts.batch / imageRate
  const secondsPerStep = Math.max(onDevice, data)
  const parts = [
    { name: 'compute', seconds: busy.compute },
    { name: 'memory', seconds: busy.memory },
    { name: 'overhead', seconds: busy.overhead + around },
    { name: 'links', seconds: exposed },
    { name: 'data', seconds: secondsPerStep - onDevice },
  ] as const
  const longest = parts.reduce((a, b) => (b.seconds > a.seconds ? b : a)).name
  return {
    secondsPerStep,
    samplesPerSecond: facts.batch / secondsPerStep,
    bound: data > onDevice ? 'data' : longest,
    parts: parts.filter((part) => part.seconds > 0),
    linkSeconds: links,
    ...(imageRate === undefined ? {} : { dataSeconds: data }),
    basis: rates.basis,
    totalSeconds: secondsPerStep * facts.steps,
  }
}
