/**
 * A ring of devices in several computers, simulated piece by piece: a device passes a piece on when it has it and its link is free.
 * The plan has a formula for the same (`compiler/plan/links.ts`).
 *
 * Legend: R devices, N computers.
 */
import type { MachineSpec } from '../../compiler/experiment/experiment.ts'
import { worldSize } from '../../compiler/experiment/lengths.ts'
import type { OpCost } from '../../compiler/ir/cost.ts'
import { attainedLink, type LinkRates, publishedLinks } from '../../compiler/plan/links.ts'
import { need } from '../../grammar/diagnostic.ts'

/** The link from each device to the next: bytes/s and seconds, [R]. */
interface Ring {
  readonly bandwidth: Float64Array
  readonly latency: Float64Array
}

function ringOf(machine: MachineSpec): Ring {
  const { devicesPerNode, within, nodes } = machine
  const between = nodes > 1 ? (machine.between ?? within) : within
  const links = Array.from({ length: worldSize(machine) }, (_, device) =>
    (device + 1) % devicesPerNode === 0 ? between : within,
  )
  return {
    bandwidth: Float64Array.from(links, (link) => link.bandwidth * attainedLink),
    latency: Float64Array.from(links, (link) => link.latency),
  }
}

/** Seconds until the last device has received the last of `rounds` pieces of `bytes`. */
export function ringSeconds({ bandwidth, latency }: Ring, rounds: number, bytes: number): number {
  const devices = bandwidth.length
  /** When each device has the piece that it sends next, and when its link is free. */
  let held = new Float64Array(devices)
  const free = new Float64Array(devices)
  for (let round = 0; round < rounds; round++) {
    const arrived = new Float64Array(devices)
    for (let device = 0; device < devices; device++) {
      const sent = Math.max(at(held, device), at(free, device)) + bytes / at(bandwidth, device)
      free[device] = sent
      arrived[(device + 1) % devices] = sent + at(latency, device)
    }
    held = arrived
  }
  return held.reduce((latest, time) => Math.max(latest, time), 0)
}

const at = (values: Float64Array, i: number) => need(values[i], 'a device of the ring')

/** Links whose rings are simulated. Sums for which the plan takes a tree have the plan's time. */
export function simulatedLinks(machine: MachineSpec): LinkRates {
  const devices = worldSize(machine)
  const ring = ringOf(machine)
  const paper = publishedLinks(machine)
  const known = new Map<string, number>()
  return {
    of(cost: OpCost) {
      const rounds = (cost.op.kind === 'all_reduce' ? 2 : 1) * (devices - 1)
      const key = `${rounds} ${cost.wireBytes}`
      const seconds = known.get(key) ?? ringSeconds(ring, rounds, cost.wireBytes / rounds)
      known.set(key, seconds)
      return cost.op.kind === 'all_reduce' ? Math.min(seconds, paper.of(cost)) : seconds
    },
  }
}
