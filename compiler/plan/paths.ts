/**
 * The fields that the planner sets: how to read and change them in an experiment, and how to write a value as text. Everything that
 * the planner tries, chooses or proposes is a list of settings from this table.
 */
import type { ChosenExperiment, Experiment, MachineSpec, SettledExperiment } from '../experiment/experiment.ts'

interface PathRule<V> {
  readonly get: (experiment: ChosenExperiment) => V
  readonly with: (experiment: Experiment, value: V) => Experiment
  /** The value as `.arc` text. */
  readonly show: (value: V) => string
}

type Train = SettledExperiment['train']
type Centers = SettledExperiment['centers']

/** The value types by path. */
interface Values {
  readonly 'train.batch': Train['batch']
  readonly 'train.accumulate': Train['accumulate']
  readonly 'train.recompute': Train['recompute']
  readonly 'centers.placement': Centers['placement']
  readonly 'centers.sample_rate': Centers['sampleRate']
  readonly 'centers.state': Centers['state']
  readonly 'centers.weights': Centers['weights']
  readonly 'machine.nodes': MachineSpec['nodes']
}

export type PlannerPath = keyof Values

const plain = (value: string | number) => `${value}`

function ofTrain<K extends 'batch' | 'accumulate' | 'recompute'>(
  name: K,
  show: (value: Train[K]) => string,
): PathRule<Train[K]> {
  return {
    get: ({ train }) => train[name],
    with: (experiment, value) => ({ ...experiment, train: { ...experiment.train, [name]: value } }),
    show,
  }
}

type PlannedCenters = Pick<Centers, 'placement' | 'sampleRate' | 'state' | 'weights'>

function ofCenters<K extends keyof PlannedCenters>(
  name: K,
  show: (value: PlannedCenters[K]) => string,
): PathRule<PlannedCenters[K]> {
  return {
    get: ({ centers }: { readonly centers: PlannedCenters }) => centers[name],
    with: (experiment, value) => ({ ...experiment, centers: { ...experiment.centers, [name]: value } }),
    show,
  }
}

const rules: { readonly [P in PlannerPath]: PathRule<Values[P]> } = {
  'train.batch': ofTrain('batch', ({ count, scope }) => `${count} ${scope === 'global' ? 'global' : 'per device'}`),
  'train.accumulate': ofTrain('accumulate', plain),
  'train.recompute': ofTrain('recompute', plain),
  'centers.placement': ofCenters('placement', plain),
  'centers.sample_rate': ofCenters('sampleRate', (rate) => `${Math.round(rate * 100)}%`),
  'centers.state': ofCenters('state', plain),
  'centers.weights': ofCenters('weights', plain),
  'machine.nodes': {
    get: ({ machine }) => machine.nodes,
    with: (experiment, nodes) => ({ ...experiment, machine: { ...experiment.machine, nodes } }),
    show: plain,
  },
}

/** A value for a field. */
export interface SettingOf<P extends PlannerPath> {
  readonly path: P
  readonly value: Values[P]
}

export type Setting = { [P in PlannerPath]: SettingOf<P> }[PlannerPath]

/** Values for one or several fields; a later value for the same path wins. */
export type Change = readonly Setting[]

/** The `.arc` text of a setting. */
export function written<P extends PlannerPath>({ path, value }: SettingOf<P>) {
  return { path, value: rules[path].show(value) }
}

/** The setting of a path in an experiment. */
export function settingOf<P extends PlannerPath>(experiment: ChosenExperiment, path: P): SettingOf<P> {
  return { path, value: rules[path].get(experiment) }
}

function set<P extends PlannerPath>(experiment: Experiment, { path, value }: SettingOf<P>): Experiment {
  return rules[path].with(experiment, value)
}

export function changed(experiment: Experiment, change: Change): Experiment {
  return change.reduce<Experiment>(set, experiment)
}

/** The batch per device. */
export function batchSetting(count: number): SettingOf<'train.batch'> {
  return { path: 'train.batch', value: { kind: 'batch', count, scope: 'device' } }
}
