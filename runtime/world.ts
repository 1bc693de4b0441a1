/** Where this process stands among those that train together. */

export interface World {
  /** Devices of all processes: the replicas of every program. */
  readonly size: number
  /** Devices of this process; each process has as many. */
  readonly local: number
  /** Number of this process, from 0. Its devices are the replicas from `rank * local` on. */
  readonly rank: number
}

/** One process that has all devices. */
export function oneProcess(devices: number): World {
  return { size: devices, local: devices, rank: 0 }
}

/** The replicas of this process, in order: its device i is number i of them. */
export function localReplicas({ local, rank }: World): readonly number[] {
  return Array.from({ length: local }, (_, device) => rank * local + device)
}
