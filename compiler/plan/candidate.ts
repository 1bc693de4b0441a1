/** A candidate: one planned way to run an experiment, with its graphs, memory and time. */
import { bug, DiagnosticBag } from '../../grammar/diagnostic.ts'
import {
  type ChosenExperiment,
  type Experiment,
  isChosen,
  type MachineSpec,
  type SettledExperiment,
} from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import { buildGraphs, type Graphs, settleChunk } from '../step/graphs.ts'
import type { PlanDocument } from './document.ts'
import { imageRate } from './image-rate.ts'
import { buildLedger } from './ledger.ts'
import { planLengths } from './lengths.ts'
import { checkNormalization } from './normalization.ts'
import { type Change, changed } from './paths.ts'
import { kernelsOf, type PlannedKernels } from './planned-kernels.ts'
import { type PlannedExchange, planExchange } from './statistics-exchange.ts'
import { estimateTime, machineRates, measuredProfile, stepRates } from './time.ts'

export interface Candidate {
  readonly experiment: SettledExperiment
  /** The same before the head was chunked. Further changes start from it, because they may need other chunks. */
  readonly chosen: ChosenExperiment
  readonly lengths: Lengths
  readonly graphs: Graphs
  /** `undefined` without sharded centers on several devices. */
  readonly exchange: PlannedExchange | undefined
  /** Of a CPU. */
  readonly kernels: PlannedKernels | undefined
  readonly memory: PlanDocument['memory']
  readonly time: PlanDocument['time']
}

/** Plans an experiment unchanged; `undefined` after a diagnostic. */
export function planCandidate(chosen: ChosenExperiment, host: Host, bag: DiagnosticBag): Candidate | undefined {
  const lengths = planLengths(chosen, host, bag)
  if (lengths === undefined) return undefined
  const experiment = settleChunk(chosen, lengths)
  const exchange = planExchange(chosen, lengths)
  const graphs = buildGraphs(experiment, lengths, { images: 'u8', exchange: exchange?.chosen ?? 'gather' })
  if (graphs === undefined || !checkNormalization(graphs.step, experiment, lengths, bag)) return undefined
  return figuresOf({ experiment, chosen, lengths, graphs, exchange }, host)
}

/** A candidate on another machine with the same number of devices: the same graphs, with the memory and time of that machine. */
export function movedTo(machine: MachineSpec, candidate: Candidate, host: Host): Candidate {
  const { experiment, chosen } = candidate
  return figuresOf({ ...candidate, experiment: { ...experiment, machine }, chosen: { ...chosen, machine } }, host)
}

type Unpriced = Omit<Candidate, 'kernels' | 'memory' | 'time'>

function figuresOf({ experiment, chosen, lengths, graphs, exchange }: Unpriced, host: Host): Candidate {
  const { machine } = experiment
  const profile = measuredProfile(machine, host)
  const state = graphs.slots.map((slot) => slot.tensor)
  const kernels = kernelsOf(machine, host)
  const ledger = buildLedger(graphs.step, state, machine.device, kernels?.kind)
  const facts = {
    ...lengths,
    temporary: ledger.temporary,
    imageRate: imageRate(experiment, lengths, machine, profile),
  }
  return {
    experiment,
    chosen,
    lengths,
    graphs,
    exchange,
    kernels,
    memory: ledger.memory,
    time: estimateTime(graphs.step, stepRates(machineRates(machine, profile), kernels, graphs.step), facts),
  }
}

/** An experiment with a change that settles all its open values. */
export function chosenWith(experiment: Experiment, change: Change): ChosenExperiment {
  const chosen = changed(experiment, change)
  return isChosen(chosen) ? chosen : bug('a change that leaves a value unsettled')
}

/** Plans a changed experiment; `undefined`, without a diagnostic, if it is impossible. */
export function tryChange(experiment: Experiment, change: Change, host: Host): Candidate | undefined {
  return planCandidate(chosenWith(experiment, change), host, new DiagnosticBag())
}
