/**
 * The time model: the step's graph run on paper at the device's rates, collectives beside it, and the images that have to be
 * ready by its end.
 */
import type { DatasetSpec, MachineSpec } from '../experiment.ts'
import type { Graph } from '../ir/graph.ts'
import type { DeviceRates } from './device-rates.ts'
import { publishedRates } from './device-rates.ts'
import type { PlanDocument } from './document.ts'
import { attainedLink, type LinkRates, publishedLinks } from './links.ts'
import type { MachineProfile } from './machine-profile.ts'
import { measuredLinks, measuredRates } from './measured-rates.ts'
import { runOnPaper } from './timeline.ts'

type Time = PlanDocument['time']

/** What a step's time is computed with. */
export interface MachineRates {
  readonly device: DeviceRates
  readonly links: LinkRates
  /** Images of one format that all computers together make ready in a second; `undefined` where their cores are not declared. */
  images(format: DatasetSpec['format']): number | undefined
  readonly basis: string
}

/** Pictures of 112 × 112 that one core reads and decodes, or draws, in a second; measured on cores of 2.5 to 3 GHz. */
const imagesPerCore: { readonly [F in DatasetSpec['format']]: number } = {
  folder: 1500,
  recordio: 1500,
  synthetic: 400,
}

/** Rates of a machine: measured ones for this computer where there is a profile of it, otherwise by published figures. */
export function machineRates(machine: MachineSpec, profile: MachineProfile | undefined): MachineRates {
  if (profile !== undefined) {
    const device = measuredRates(profile, machine.devicesPerNode)
    return {
      device,
      links: measuredLinks(profile, machine.devicesPerNode),
      images: (format) => (format === 'synthetic' ? profile.images.drawn : profile.images.decoded),
      basis: device.basis,
    }
  }
  const device = publishedRates(machine.device)
  const { cores } = machine
  const links = machine.nodes * machine.devicesPerNode === 1 ? '' : `; links attain ${attainedLink * 100} %`
  return {
    device,
    links: publishedLinks(machine),
    images: (format) => (cores === undefined ? undefined : machine.nodes * cores * imagesPerCore[format]),
    basis: device.basis + links,
  }
}

export interface StepLength {
  /** Images of all devices. */
  readonly batch: number
  readonly steps: number
}

export function estimateTime(
  step: Graph,
  rates: MachineRates,
  format: DatasetSpec['format'],
  length: StepLength,
): Time {
  const { busy, exposed, links, seconds } = runOnPaper(step, rates.device, rates.links)
  const onDevice = seconds + rates.device.perStep
  const imageRate = rates.images(format)
  const data = imageRate === undefined ? 0 : length.batch / imageRate
  const secondsPerStep = Math.max(onDevice, data)
  const parts = [
    { name: 'compute', seconds: busy.compute },
    { name: 'memory', seconds: busy.memory },
    { name: 'overhead', seconds: busy.overhead + rates.device.perStep },
    { name: 'links', seconds: exposed },
    { name: 'data', seconds: secondsPerStep - onDevice },
  ] as const
  const longest = parts.reduce((a, b) => (b.seconds > a.seconds ? b : a)).name
  return {
    secondsPerStep,
    samplesPerSecond: length.batch / secondsPerStep,
    bound: data > onDevice ? 'data' : longest,
    parts: parts.filter((part) => part.seconds > 0),
    linkSeconds: links,
    ...(imageRate === undefined ? {} : { dataSeconds: data }),
    basis: rates.basis,
    totalSeconds: secondsPerStep * length.steps,
  }
}
