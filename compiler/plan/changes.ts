/** The changes that the planner tries on an experiment that does not fit, by what they change; of each the mildest first. */
import type { ChosenExperiment } from '../experiment/experiment.ts'
import { batchPerDevice, worldSize } from '../experiment/lengths.ts'
import { recomputations } from '../schema/experiment.ts'
import type { Change, PlannerPath, Setting } from './paths.ts'

/** How many times the computers, or the parts of a batch, are multiplied. */
const multiples = [2, 4, 8] as const
/** Sample rates that are tried, the largest that fits being the answer. */
const sampleRates = [0.5, 0.3, 0.2, 0.1, 0.05] as const

type IsSet = (path: PlannerPath) => boolean

/** All but the batch, whose size is searched for. `isSet` says what has been changed already. */
export function changesOf(experiment: ChosenExperiment, isSet: IsSet): readonly (readonly Change[])[] {
  return [
    moreRecomputation(experiment),
    moreParts(experiment, isSet),
    fewerCopies(experiment),
    smallerState(experiment),
    lowerRate(experiment, isSet),
    moreComputers(experiment, isSet),
  ]
}

function moreRecomputation({ train }: ChosenExperiment): Change[] {
  return recomputations
    .slice(recomputations.indexOf(train.recompute) + 1)
    .map((value) => [{ path: 'train.recompute', value }])
}

/** The batch stays what it is; the backbone works on less of it at once. */
function moreParts(experiment: ChosenExperiment, isSet: IsSet): Change[] {
  if (isSet('train.accumulate')) return []
  return multiples
    .map((times) => experiment.train.accumulate * times)
    .filter((parts) => batchPerDevice(experiment) % parts === 0)
    .map((value) => [{ path: 'train.accumulate', value }])
}

function fewerCopies(experiment: ChosenExperiment): Change[] {
  if (experiment.centers.placement !== 'replicate' || worldSize(experiment.machine) === 1) return []
  return [[{ path: 'centers.placement', value: 'shard' }]]
}

type Centers = ChosenExperiment['centers']
type Stored = Centers['state']

/** Of one number. */
const bytes: { readonly [S in Stored]: number } = { f32: 4, bf16: 2, int8: 1 }

/** Fewer bytes for what the optimizer keeps of the centers, then for the centers too, which are kept with more care. */
function smallerState({ centers, optimizer }: ChosenExperiment): Change[] {
  const kept = optimizer.states.length
  // Where nothing is kept, there is nothing to make smaller; 8 bits hold one number of a weight.
  const known: readonly Stored[] = kept === 0 ? [] : kept === 1 ? ['bf16', 'int8'] : ['bf16']
  const states = known.filter((state) => bytes[state] < bytes[centers.state])
  const changes = states.map((state) => stored(centers, state, centers.weights))
  if (centers.weights === 'bf16') return changes
  const beside = [centers.state, ...states].filter((state) => kept === 0 || bytes[state] <= bytes.bf16)
  return [...changes, ...beside.map((state) => stored(centers, state, 'bf16'))]
}

function stored(own: Centers, state: Stored, weights: Centers['weights']): Change {
  const change: Setting[] = []
  if (state !== own.state) change.push({ path: 'centers.state', value: state })
  if (weights !== own.weights) change.push({ path: 'centers.weights', value: weights })
  return change
}

function lowerRate({ centers }: ChosenExperiment, isSet: IsSet): Change[] {
  if (isSet('centers.sample_rate')) return []
  return sampleRates
    .filter((rate) => rate < centers.sampleRate)
    .map((value) => [{ path: 'centers.sample_rate', value }])
}

/** A batch that is written for all devices is divided among more of them. */
function moreComputers(experiment: ChosenExperiment, isSet: IsSet): Change[] {
  const { machine, train } = experiment
  if (machine.between === undefined || isSet('machine.nodes')) return []
  return multiples
    .map((times) => machine.nodes * times)
    .filter((nodes) => batchPerDevice({ train, machine: { ...machine, nodes } }) % train.accumulate === 0)
    .map((value) => [{ path: 'machine.nodes', value }])
}
