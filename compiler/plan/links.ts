/** The time of collectives: rings over the narrowest link, or trees if latency dominates. */
import type { MachineSpec } from '../experiment/experiment.ts'
import { worldSize } from '../experiment/lengths.ts'
import type { OpCost } from '../ir/cost.ts'

/** The fraction of a link's published bandwidth that NCCL's rings attain. */
export const attainedLink = 0.8

export interface LinkRates {
  /** The time of one execution of a collective. */
  of(cost: OpCost): number
}

/** The links of a machine by their published figures. The devices of a computer share its link to the others. */
export function publishedLinks(machine: MachineSpec): LinkRates {
  const across = machine.nodes > 1 ? (machine.between ?? machine.within) : machine.within
  const bandwidth = Math.min(across.bandwidth, machine.within.bandwidth) * attainedLink
  const devices = worldSize(machine)
  const latency = Math.max(across.latency, machine.within.latency)
  return linkRates(devices, bandwidth, latency)
}

/** Collectives of a number of devices over links with a bandwidth (bytes/s) and a latency (s). */
export function linkRates(devices: number, bandwidth: number, latency: number): LinkRates {
  if (devices === 1) return { of: () => 0 }
  return {
    of(cost) {
      const { kind } = cost.op
      const rounds = kind === 'all_reduce' ? 2 : 1
      const ring = cost.wireBytes / bandwidth + rounds * (devices - 1) * latency
      if (kind !== 'all_reduce') return ring
      // A tree passes all bytes up and down, once per level.
      const whole = (cost.wireBytes * devices) / (devices - 1)
      const tree = whole / bandwidth + 2 * Math.ceil(Math.log2(devices)) * latency
      return Math.min(ring, tree)
    },
  }
}
