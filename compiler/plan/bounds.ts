/** The limits of a plan that the planner chooses or proposes: free memory, and the `require`s of the experiment. */
import type { DeviceSpec, RequireSpec, SettledExperiment } from '../experiment/experiment.ts'
import type { PlanDocument } from './document.ts'
import { showBytes, showQuantity } from './show.ts'

/** The figures of a plan, and its experiment. */
export interface Planned extends Pick<PlanDocument, 'memory' | 'time'> {
  readonly experiment: SettledExperiment
}

/** The fraction of memory that a choice leaves free: the ledger is accurate to a few percent. */
const headroom = 0.05

/** Bytes per device that a choice can use. */
export function roomOf(device: DeviceSpec): number {
  return device.memory * (1 - headroom)
}

/** The figure of a plan that a `require` constrains. */
export function plannedQuantity(
  quantity: RequireSpec['quantity'],
  { memory, time }: Omit<Planned, 'experiment'>,
): number {
  switch (quantity) {
    case 'memory.peak':
      return memory.peak
    case 'throughput':
      return time.samplesPerSecond
    case 'step.time':
      return time.secondsPerStep
  }
}

export function holds({ quantity, operator, bound }: RequireSpec, plan: Omit<Planned, 'experiment'>): boolean {
  const planned = plannedQuantity(quantity, plan)
  switch (operator) {
    case '<':
      return planned < bound
    case '<=':
      return planned <= bound
    case '>':
      return planned > bound
    case '>=':
      return planned >= bound
  }
}

/** The `require`s that the plan violates. */
export function brokenRequires(plan: Planned): readonly RequireSpec[] {
  return plan.experiment.requires.filter((require) => !holds(require, plan))
}

/** `< 30 GiB` */
export function showBound({ quantity, operator, bound }: RequireSpec): string {
  return `${operator} ${showQuantity(quantity, bound)}`
}

export function hasRoom({ memory, experiment }: Planned): boolean {
  return memory.peak <= roomOf(experiment.machine.device)
}

/** Whether the planner can choose or propose the plan. */
export function isAllowed(plan: Planned): boolean {
  return hasRoom(plan) && brokenRequires(plan).length === 0
}

/** Sorts allowed plans first, then those that fit, then those that violate fewer `require`s; if memory is short, by memory. */
export function compareBounds(a: Planned, b: Planned): number {
  return (
    Number(isAllowed(b)) - Number(isAllowed(a)) ||
    Number(b.memory.fits) - Number(a.memory.fits) ||
    brokenRequires(a).length - brokenRequires(b).length ||
    (lacksMemory(a) && lacksMemory(b) ? a.memory.peak - b.memory.peak : 0) ||
    b.time.samplesPerSecond - a.time.samplesPerSecond
  )
}

function lacksMemory(plan: Planned): boolean {
  return !hasRoom(plan) || brokenRequires(plan).some(({ quantity }) => quantity === 'memory.peak')
}

/** Memory, time and speed grow with the batch: an upper bound also bounds the batch, a lower bound never does. */
export function limitsBatch({ operator }: RequireSpec): boolean {
  return operator === '<' || operator === '<='
}

/** The objection to a plan, as text after "would"; `undefined` if it is allowed. */
export function objection(plan: Planned): string | undefined {
  const peak = showBytes(plan.memory.peak)
  if (!hasRoom(plan)) return `need ${peak}, and ${headroom * 100} % must stay free`
  const [broken] = brokenRequires(plan)
  if (broken === undefined) return undefined
  const planned = showQuantity(broken.quantity, plannedQuantity(broken.quantity, plan))
  const have = broken.quantity === 'memory.peak' ? `need ${peak}` : `have ${broken.quantity} ${planned}`
  return `${have}, and ${showBound(broken)} is required`
}
