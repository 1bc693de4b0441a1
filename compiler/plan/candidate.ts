/** One way to run an experiment, planned: its graphs, what it takes of memory and time. */
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { CentersSpec, Experiment, MachineSpec, Recompute } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import { buildGraphs, type Graphs } from '../step/graphs.ts'
import type { PlanDocument } from './document.ts'
import { imageRate } from './image-rate.ts'
import { buildLedger } from './ledger.ts'
import { planLengths } from './lengths.ts'
import { checkNormalization } from './normalization.ts'
import { estimateTime, machineRates } from './time.ts'

export interface Candidate {
  readonly experiment: Experiment
  readonly lengths: Lengths
  readonly graphs: Graphs
  readonly memory: PlanDocument['memory']
  readonly time: PlanDocument['time']
}

/** Plans an experiment as it is; `undefined` after a diagnostic. */
export function planCandidate(experiment: Experiment, host: Host, bag: DiagnosticBag): Candidate | undefined {
  const lengths = planLengths(experiment, host, bag)
  if (lengths === undefined) return undefined
  const graphs = buildGraphs(experiment, lengths, { images: 'u8' })
  if (graphs === undefined || !checkNormalization(graphs.step, experiment, lengths, bag)) return undefined
  return figuresOf(experiment, lengths, graphs, host)
}

/** A candidate on another machine with as many devices: the graphs stay, memory and time are that machine's. */
export function movedTo(machine: MachineSpec, { experiment, lengths, graphs }: Candidate, host: Host): Candidate {
  return figuresOf({ ...experiment, machine }, lengths, graphs, host)
}

function figuresOf(experiment: Experiment, lengths: Lengths, graphs: Graphs, host: Host): Candidate {
  const { machine } = experiment
  const profile = machine.local ? host.machineProfile() : undefined
  const state = graphs.slots.map((slot) => slot.tensor)
  const ledger = buildLedger(graphs.step, state, machine.device)
  const facts = {
    ...lengths,
    temporary: ledger.temporary,
    imageRate: imageRate(experiment, lengths, machine, profile),
  }
  return {
    experiment,
    lengths,
    graphs,
    memory: ledger.memory,
    time: estimateTime(graphs.step, machineRates(machine, profile), facts),
  }
}

/** A change of one or several fields. */
export interface Change {
  readonly batchPerDevice?: number
  readonly accumulate?: number
  readonly recompute?: Recompute
  readonly centers?: Partial<Pick<CentersSpec, 'placement' | 'sampleRate' | 'state' | 'weights'>>
  readonly machine?: Partial<Pick<MachineSpec, 'nodes'>>
}

export function changed(experiment: Experiment, change: Change): Experiment {
  const { train, centers, machine, open } = experiment
  return {
    ...experiment,
    open: {
      batch: open.batch && change.batchPerDevice === undefined,
      placement: open.placement && change.centers?.placement === undefined,
    },
    train: {
      ...train,
      batchPerDevice: change.batchPerDevice ?? train.batchPerDevice,
      accumulate: change.accumulate ?? train.accumulate,
      recompute: change.recompute ?? train.recompute,
    },
    centers: { ...centers, ...change.centers },
    machine: { ...machine, ...change.machine },
  }
}

/** Plans a changed experiment that need not be possible: `undefined` where it is not, and nothing is said. */
export function tryChange(experiment: Experiment, change: Change, host: Host): Candidate | undefined {
  return planCandidate(changed(experiment, change), host, new DiagnosticBag())
}
