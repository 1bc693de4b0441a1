/** The changes that the planner tries on an experiment that does not fit, grouped by field, the mildest first. */
import type { ChosenExperiment } from '../experiment/experiment.ts'
import { batchPerDevice, worldSize } from '../experiment/lengths.ts'
import { recomputations } from '../schema/experiment.ts'
import type { Change, PlannerPath, Setting } from './paths.ts'

/** Factors for the number of computers, or of parts of a batch. */
const multiples = [2, 4, 8] as const
/** Sample rates to try; the largest that fits is the answer. */
const sampleRates = [0.5, 0.3, 0.2, 0.1, 0.05] as const

type IsSet = (path: PlannerPath) => boolean

/** All changes except the batch, which is searched separately. `isSet` tells which paths have already been changed. */
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

/** The batch is unchanged; the backbone processes less of it at once. */
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

/** Smaller optimizer state of the centers; then smaller centers too, whose precision matters more. */
function smallerState({ centers, centersOptimizer }: ChosenExperiment): Change[] {
  const kept = centersOptimizer.states.length
  // Without optimizer state there is nothing to reduce; 8 bits support one state per weight.
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

/** A global batch is divided over more devices. */
function moreComputers(experiment: ChosenExperiment, isSet: IsSet): Change[] {
  const { machine, train } = experiment
  // Whether there are more computers like this one is for the user to declare.
  const isThis = machine.local && machine.nodes === 1
  if (machine.between === undefined || isThis || isSet('machine.nodes')) return []
  return multiples
    .map((times) => machine.nodes * times)
    .filter((nodes) => batchPerDevice({ train, machine: { ...machine, nodes } }) % train.accumulate === 0)
    .map((value) => [{ path: 'machine.nodes', value }])
}
