/** The changes that the planner tries on an experiment that does not fit, by what they change; of each the mildest first. */
import type { CentersSpec, Experiment } from '../experiment/experiment.ts'
import { worldSize } from '../experiment/lengths.ts'
import type { Change } from './candidate.ts'
import type { PlanDocument } from './document.ts'

export type Setting = PlanDocument['answers'][number]['set'][number]

/** A change, and how the user would write it. */
export interface WrittenChange {
  readonly set: readonly Setting[]
  readonly change: Change
}

/** Recomputation, from what keeps most. */
const recomputations = ['none', 'cheap', 'blocks'] as const
/** How many times the computers, or the parts of a batch, are multiplied. */
const multiples = [2, 4, 8] as const
/** Sample rates that are tried, the largest that fits being the answer. */
const sampleRates = [0.5, 0.3, 0.2, 0.1, 0.05] as const

/** All but the batch, whose size is searched for. `isSet` says what has been changed already. */
export function changesOf(experiment: Experiment, isSet: (path: string) => boolean): readonly WrittenChange[][] {
  return [
    moreRecomputation(experiment),
    moreParts(experiment, isSet),
    fewerCopies(experiment),
    smallerState(experiment),
    lowerRate(experiment, isSet),
    moreComputers(experiment, isSet),
  ]
}

function moreRecomputation({ train }: Experiment): WrittenChange[] {
  const own = train.recompute === 'auto' ? 0 : recomputations.indexOf(train.recompute)
  return recomputations
    .slice(own + 1)
    .map((recompute) => ({ set: [{ path: 'train.recompute', value: recompute }], change: { recompute } }))
}

/** The batch stays what it is; the backbone works on less of it at once. */
function moreParts({ train }: Experiment, isSet: (path: string) => boolean): WrittenChange[] {
  if (isSet('train.accumulate')) return []
  return multiples
    .map((times) => train.accumulate * times)
    .filter((parts) => train.batchPerDevice % parts === 0)
    .map((parts) => ({ set: [{ path: 'train.accumulate', value: `${parts}` }], change: { accumulate: parts } }))
}

function fewerCopies(experiment: Experiment): WrittenChange[] {
  if (experiment.centers.placement !== 'replicate' || worldSize(experiment.machine) === 1) return []
  return [{ set: [{ path: 'centers.placement', value: 'shard' }], change: { centers: { placement: 'shard' } } }]
}

type Stored = CentersSpec['state']

/** Of one number. */
const bytes: { readonly [S in Stored]: number } = { f32: 4, bf16: 2, int8: 1 }

/** Fewer bytes for what the optimizer keeps of the centers, then for the centers too, which are kept with more care. */
function smallerState({ centers, optimizer }: Experiment): WrittenChange[] {
  const kept = optimizer.states.length
  // Where nothing is kept, there is nothing to make smaller; 8 bits hold one number of a weight.
  const known: readonly Stored[] = kept === 0 ? [] : kept === 1 ? ['bf16', 'int8'] : ['bf16']
  const states = known.filter((state) => bytes[state] < bytes[centers.state])
  const changes = states.map((state) => stored(centers, state, centers.weights))
  if (centers.weights === 'bf16') return changes
  const beside = [centers.state, ...states].filter((state) => kept === 0 || bytes[state] <= bytes.bf16)
  return [...changes, ...beside.map((state) => stored(centers, state, 'bf16'))]
}

function stored(own: CentersSpec, state: Stored, weights: CentersSpec['weights']): WrittenChange {
  const set: Setting[] = []
  if (state !== own.state) set.push({ path: 'centers.state', value: state })
  if (weights !== own.weights) set.push({ path: 'centers.weights', value: weights })
  return { set, change: { centers: { state, weights } } }
}

function lowerRate({ centers }: Experiment, isSet: (path: string) => boolean): WrittenChange[] {
  if (isSet('centers.sample_rate')) return []
  return sampleRates
    .filter((rate) => rate < centers.sampleRate)
    .map((rate) => ({
      set: [{ path: 'centers.sample_rate', value: `${Math.round(rate * 100)}%` }],
      change: { centers: { sampleRate: rate } },
    }))
}

function moreComputers(experiment: Experiment, isSet: (path: string) => boolean): WrittenChange[] {
  const { machine, train } = experiment
  if (machine.between === undefined || isSet('machine.nodes')) return []
  // A batch for all devices is divided among more of them; what was changed is for one device.
  const isDivided = train.batchScope === 'global' && !isSet('train.batch')
  return multiples
    .map((times) => ({ times, batchPerDevice: isDivided ? train.batchPerDevice / times : train.batchPerDevice }))
    .filter(({ batchPerDevice }) => batchPerDevice % train.accumulate === 0)
    .map(({ times, batchPerDevice }) => ({
      set: [{ path: 'machine.nodes', value: `${machine.nodes * times}` }],
      change: { batchPerDevice, machine: { nodes: machine.nodes * times } },
    }))
}
