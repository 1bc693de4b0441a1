/** The verification sets that an experiment declares, opened one by one. */

import { pendingOf } from '../../data/data-format.ts'
import type { Collections } from '../../data/formats/data-formats.ts'
import { splitCollection } from '../../data/select/selection.ts'
import { trainErrors } from '../../train/messages.ts'
import {
  binFileOf,
  type DeclaredSet,
  heldOutSet,
  holdoutName,
  isAbsent,
  listOf,
  type PairSource,
  setName,
} from '../../train/open-data.ts'
import { type EvaluationSet, imageSet, openBinSet, openListSet } from './evaluation-set.ts'

export interface DeclaredSets extends PairSource {
  readonly evaluate: PairSource['evaluate'] & { readonly sets: readonly DeclaredSet[] }
}

export interface NamedSet {
  readonly name: string
  /** Throws the errors of training's sets. */
  open(): Promise<EvaluationSet>
}

/** A set of templates, which is verified in another way. */
export interface TemplateSet {
  /** That of its protocol. */
  readonly name: string
  /** `undefined` if an environment variable in it is not set. */
  readonly root: string | undefined
}

function templateSet(set: DeclaredSet): TemplateSet | undefined {
  if (typeof set === 'string' || set.protocol === 'pairs') return undefined
  const { path, pending } = set.root
  return { name: setName(set), root: pending === undefined ? path : undefined }
}

/** Those of templates. */
export function templateSets({ evaluate }: Pick<DeclaredSets, 'evaluate'>): readonly TemplateSet[] {
  return evaluate.sets.flatMap((set) => templateSet(set) ?? [])
}

/** Those of pairs. Sets of the folder of a data set that is generated, and has none, are left out. */
export function experimentSets(source: DeclaredSets, collections: Collections): readonly NamedSet[] {
  return source.evaluate.sets
    .filter((set) => !isAbsent(set, source.dataset) && templateSet(set) === undefined)
    .map((set) => ({ name: setName(set), open: () => openDeclared(set, source, collections) }))
}

async function openDeclared(set: DeclaredSet, source: DeclaredSets, collections: Collections): Promise<EvaluationSet> {
  const { dataset } = source
  const name = setName(set)
  if (typeof set !== 'string') return openListSet(listOf(set), name)
  const pending = pendingOf(dataset)
  if (pending !== undefined && !set.endsWith('.bin')) throw trainErrors('ARC6502', { dataset: dataset.name, pending })
  if (set !== holdoutName) return openBinSet(binFileOf(set, dataset), name)
  const { heldOut } = splitCollection(collections.open(dataset), dataset.holdout)
  const root = dataset.root?.path
  return imageSet({ name, path: root ?? dataset.name, root }, heldOutSet(source, heldOut))
}
