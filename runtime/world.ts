/** This process's place among those that train together. */

export interface World {
  /** World size: devices of all processes, the replicas of every program. */
  readonly size: number
  /** Devices of this process; the same in each process. */
  readonly local: number
  /** Number of this process, from 0. Its devices are the replicas from `rank * local` on. */
  readonly rank: number
}

/** A single process with all devices. */
export function oneProcess(devices: number): World {
  return { size: devices, local: devices, rank: 0 }
}

/** The number of processes. */
export function processes({ size, local }: World): number {
  return size / local
}

/** The replicas of this process, in order: its device i has number i of them. */
export function localReplicas({ local, rank }: World): readonly number[] {
  return Array.from({ length: local }, (_, device) => rank * local + device)
}

/** The devices of the processes that train together: equally many in each. `nodes` divides `devices`, since a machine is its nodes. */
export function worldOf(devices: number, { nodes, rank }: { readonly nodes: number; readonly rank: number }): World {
  return { size: devices, local: devices / nodes, rank }
}
