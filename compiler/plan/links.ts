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

/** The latencies along the ways that the pieces of a collective take, in seconds. */
interface Latencies {
  /** Once around the ring: from a device to the one before it. */
  readonly ring: number
  /** From the root of a tree to its leaves. */
  readonly tree: number
}

/**
 * The links of a machine by their published figures. The devices of a computer share its link to the others. A ring visits the
 * devices of one computer in sequence, so it enters and leaves each computer once; a tree of computers has one in each of them.
 */
export function publishedLinks(machine: MachineSpec): LinkRates {
  const { nodes, devicesPerNode, within } = machine
  const between = nodes > 1 ? (machine.between ?? within) : within
  const devices = worldSize(machine)
  const hops = devices - 1
  // A piece passes every link of the ring except one: between computers where nothing else is.
  const across = nodes > 1 ? Math.min(nodes, hops) : 0
  return linkRates(devices, Math.min(between.bandwidth, within.bandwidth) * attainedLink, {
    ring: across * between.latency + (hops - across) * within.latency,
    tree: levels(nodes) * between.latency + levels(devicesPerNode) * within.latency,
  })
}

/** Collectives of devices that are all connected by the same links, with a bandwidth (bytes/s) and a latency (s). */
export function equalLinks(devices: number, bandwidth: number, latency: number): LinkRates {
  return linkRates(devices, bandwidth, { ring: (devices - 1) * latency, tree: levels(devices) * latency })
}

function levels(count: number): number {
  return Math.ceil(Math.log2(count))
}

function linkRates(devices: number, bandwidth: number, latencies: Latencies): LinkRates {
  if (devices === 1) return { of: () => 0 }
  return {
    of(cost) {
      const { kind } = cost.op
      const rounds = kind === 'all_reduce' ? 2 : 1
      const ring = cost.wireBytes / bandwidth + rounds * latencies.ring
      if (kind !== 'all_reduce') return ring
      // A tree passes all bytes up and down, once per level.
      const whole = (cost.wireBytes * devices) / (devices - 1)
      const tree = whole / bandwidth + 2 * latencies.tree
      return Math.min(ring, tree)
    },
  }
}
