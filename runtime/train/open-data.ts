/** Opens the training data and the verification sets of a plan. */
import { join } from 'node:path'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { readBinPairs } from '../data/bin-pairs.ts'
import type { Dataset } from '../data/dataset.ts'
import { type OpenedDataset, openFormat } from '../data/formats.ts'
import type { PairSet } from '../data/pairs.ts'
import { trainErrors } from './messages.ts'

type DatasetSpec = RunSpec['dataset']

export interface RunData {
  readonly dataset: Dataset
  readonly sets: readonly NamedPairs[]
  /** Sets that would be in the data set's folder, which generated data does not have: there is no verification on them. */
  readonly absent: readonly string[]
  dispose(): void
}

export interface NamedPairs {
  /** The name in the experiment. */
  readonly name: string
  readonly pairs: PairSet
}

export async function openData(run: RunSpec): Promise<RunData> {
  const { dataset, heldOut } = await openFormat[run.dataset.format](run.dataset, () => rootOf(run.dataset))
  const sets: NamedPairs[] = []
  const absent = run.evaluate.sets.filter((name) => run.dataset.root === undefined && liesInFolder(name))
  const present = run.evaluate.sets.filter((name) => !absent.includes(name))
  try {
    if (dataset.classes !== run.classes) throw trainErrors('ARC6501', { planned: run.classes, found: dataset.classes })
    for (const name of present) sets.push({ name, pairs: await openPairs(name, run, heldOut) })
  } catch (error) {
    dataset.dispose()
    throw error
  }
  return {
    dataset,
    sets,
    absent,
    dispose() {
      dataset.dispose()
      for (const set of sets) set.pairs.dispose()
    },
  }
}

function rootOf(spec: DatasetSpec): string {
  const root = need(spec.root, 'the root of a data set on disk')
  if (root.pending !== undefined) throw trainErrors('ARC6502', { dataset: spec.name, pending: root.pending })
  return root.path
}

/** Whether a set is in the data set's folder: `holdout` comes from the data set itself, and a path ends with `.bin`. */
const liesInFolder = (set: string) => set !== 'holdout' && !set.endsWith('.bin')

function openPairs(name: string, run: RunSpec, heldOut: OpenedDataset['heldOut']): Promise<PairSet> | PairSet {
  const spec = run.dataset
  if (name !== 'holdout') {
    return readBinPairs(!liesInFolder(name) ? name : join(rootOf(spec), `${name}.bin`))
  }
  if (heldOut === undefined || spec.holdout === 0) throw trainErrors('ARC6503', { dataset: spec.name })
  return heldOut(run.evaluate.pairs / 2, run.seed)
}
