/** Opens the training data and the verification sets of a plan. */
import { join } from 'node:path'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { selectedNumber } from '../data/collection.ts'
import { pendingOf, rootOf } from '../data/data-format.ts'
import { type Collections, createCollections } from '../data/formats/data-formats.ts'
import { leftOutText } from '../data/left-out.ts'
import { type WeightedMix, weightedMix } from '../data/mixed-order.ts'
import type { PairSet } from '../data/pairs.ts'
import { heldOutPairs } from '../data/select/held-out-pairs.ts'
import { type Selection, splitCollection } from '../data/select/selection.ts'
import { readBinPairs } from '../data/verification/bin-pairs.ts'

import { type PairList, pairListName, readPairList } from '../data/verification/list-pairs.ts'

import { type IjbSet, readIjbSet } from '../evaluate/ijb/ijb-set.ts'

import { trainErrors } from './messages.ts'

type DatasetSpec = RunSpec['dataset']
/** A verification set as an experiment declares it. */
export type DeclaredSet = RunSpec['evaluate']['sets'][number]

export interface RunData {
  /** The images of training, with their labels. */
  readonly train: Selection
  /** Names of the classes in their order, held-out ones included; missing if the data set has none. */
  readonly people?: readonly string[]
  /** How often the images of a mix come; missing if each comes once. */
  readonly mix?: WeightedMix
  readonly sets: readonly NamedPairs[]
  /** Sets that would be in the data set's folder, which generated data does not have: there is no verification on them. */
  readonly absent: readonly string[]
  /** What the data set has besides its images, for people; missing if there is nothing else. */
  readonly leftOut?: string
}

export interface NamedPairs {
  /** The name in the experiment. */
  readonly name: string
  /** Of a set of templates, the pictures and the flags; its pairs are not of pictures. */
  readonly pairs: PairSet
  /** Set if pairs are of templates, as in IJB-B and IJB-C. */
  readonly templates?: IjbSet
}

/** `collections` may have listed the data set for the plan already. With `allLabels`, the label of every picture is known then. */
export async function openData(
  run: RunSpec,
  collections: Collections = createCollections(),
  allLabels = false,
): Promise<RunData> {
  const { name, holdout } = run.dataset
  const pending = pendingOf(run.dataset)
  if (pending !== undefined) throw trainErrors('ARC6502', { dataset: name, pending })
  const collection = collections.open(run.dataset, { allLabels })
  const { train, heldOut } = splitCollection(collection, holdout)
  if (train.classes !== run.classes) throw trainErrors('ARC6501', { planned: run.classes, found: train.classes })
  const sets: NamedPairs[] = []
  const absent = run.evaluate.sets.filter((set) => isAbsent(set, run.dataset)).map(setName)
  const present = run.evaluate.sets.filter((set) => !isAbsent(set, run.dataset))
  for (const set of present) sets.push(await openSet(set, run, heldOut))
  const leftOut = leftOutText(collection)
  const mix = weightedMix(collection, { images: train.images, numberOf: (i) => selectedNumber(train.select, i) })
  return {
    train,
    sets,
    absent,
    ...(collection.people === undefined ? {} : { people: collection.people }),
    ...(mix === undefined ? {} : { mix }),
    ...(leftOut === '' ? {} : { leftOut }),
  }
}

/** The people that a data set holds out, as an experiment declares them. */
export const holdoutName = 'holdout'

/** Whether a set is in the data set's folder: `holdout` comes from the data set itself, and a path ends with `.bin`. */
const liesInFolder = (set: string) => set !== holdoutName && !set.endsWith('.bin')

/** Whether a set would be in the folder of a data set that has none. */
export function isAbsent(set: DeclaredSet, { root }: Pick<DatasetSpec, 'root'>): boolean {
  return root === undefined && typeof set === 'string' && liesInFolder(set)
}

/** The name of a set in an experiment. */
export function setName(set: DeclaredSet): string {
  if (typeof set === 'string') return set
  return set.protocol === 'pairs' ? pairListName(set.list.path) : set.protocol
}

async function openSet(set: DeclaredSet, run: RunSpec, heldOut: Selection | undefined): Promise<NamedPairs> {
  const name = setName(set)
  if (typeof set === 'string' || set.protocol === 'pairs') return { name, pairs: await openPairs(set, run, heldOut) }
  const { path, pending } = set.root
  if (pending !== undefined) throw trainErrors('ARC6502', { dataset: set.name, pending })
  const templates = await readIjbSet(path, set.protocol)
  const { recipe, images, same } = templates
  return { name, pairs: { name, recipe, images, pairs: new Int32Array(0), same }, templates }
}

/** The `.bin` file of a set that is neither held out nor a list. */
export function binFileOf(set: string, dataset: DatasetSpec): string {
  return liesInFolder(set) ? join(rootOf(dataset), `${set}.bin`) : set
}

/** The list of a set and the folder of its pictures. Throws ARC6502 if an environment variable in their paths is not set. */
export function listOf({ name, list, root }: Exclude<DeclaredSet, string>): PairList {
  const pending = list.pending ?? root.pending
  if (pending !== undefined) throw trainErrors('ARC6502', { dataset: name, pending })
  return { list: list.path, root: root.path }
}

/** What determines the pairs of the held-out people. */
export interface PairSource {
  readonly dataset: DatasetSpec
  readonly seed: number
  readonly evaluate: Pick<RunSpec['evaluate'], 'pairs'>
}

/** Pairs of the people that a data set holds out. Throws ARC6503 if there are none. */
export function heldOutSet({ dataset, evaluate, seed }: PairSource, heldOut: Selection | undefined): PairSet {
  if (heldOut === undefined) throw trainErrors('ARC6503', { dataset: dataset.name })
  // Generated people and the pairs of them come from one seed, so that a population has one set of pairs.
  return heldOutPairs(heldOut, evaluate.pairs / 2, dataset.root === undefined ? dataset.seed : seed)
}

function openPairs(set: DeclaredSet, run: RunSpec, heldOut: Selection | undefined): Promise<PairSet> | PairSet {
  if (typeof set !== 'string') return readPairList(listOf(set))
  return set === holdoutName ? heldOutSet(run, heldOut) : readBinPairs(binFileOf(set, run.dataset))
}
