/** What a plan must keep that the planner chooses or proposes: room in the memory, and the experiment's own `require`s. */
import type { DeviceSpec, RequireSpec, SettledExperiment } from '../experiment/experiment.ts'
import type { PlanDocument } from './document.ts'
import { showBytes, showQuantity } from './show.ts'

/** The figures of a plan, and whose plan it is. */
export interface Planned extends Pick<PlanDocument, 'memory' | 'time'> {
  readonly experiment: SettledExperiment
}

/** Share of the memory that a choice leaves free: the ledger is right to a few percent. */
const headroom = 0.05

/** Bytes of a device that a choice may take. */
export function roomOf(device: DeviceSpec): number {
  return device.memory * (1 - headroom)
}

/** The figure of a plan that a `require` is about. */
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

/** The `require`s that the plan does not keep. */
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

/** Whether the planner may choose or propose it. */
export function isAllowed(plan: Planned): boolean {
  return hasRoom(plan) && brokenRequires(plan).length === 0
}

/** For sorting: what is allowed comes first, then what fits, then what keeps more; then what needs less, where that is what lacks. */
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

/** Memory, time and speed grow with the batch: a bound from above is one for the batch too, a bound from below never is. */
export function limitsBatch({ operator }: RequireSpec): boolean {
  return operator === '<' || operator === '<='
}

/** What speaks against a plan, after `would`; `undefined` where it is allowed. */
export function objection(plan: Planned): string | undefined {
  const peak = showBytes(plan.memory.peak)
  if (!hasRoom(plan)) return `need ${peak}, and ${headroom * 100} % must stay free`
  const [broken] = brokenRequires(plan)
  if (broken === undefined) return undefined
  const planned = showQuantity(broken.quantity, plannedQuantity(broken.quantity, plan))
  const have = broken.quantity === 'memory.peak' ? `need ${peak}` : `have ${broken.quantity} ${planned}`
  return `${have}, and ${showBound(broken)} is required`
}
