/** With what a planned machine's programs compute, where machines of its kind differ. */
import type { MachineSpec } from '../experiment/experiment.ts'
import type { Host } from '../host/host.ts'
import type { CpuKernels } from '../ir/cpu-kernels.ts'

export interface PlannedKernels {
  readonly kind: CpuKernels
  /** Whether nothing is known of the computer that the plan is for. */
  readonly assumed: boolean
}

/** Of a CPU: what this computer has, or arcc's own kernels for another one; `undefined` for GPUs. */
export function kernelsOf({ local, device }: MachineSpec, host: Host): PlannedKernels | undefined {
  if (device.kind !== 'cpu') return undefined
  const found = local ? host.cpuKernels() : undefined
  return { kind: found ?? 'native', assumed: found === undefined }
}
