/** Results of `arcc eval --ijb` and `--all-to-all`: true accept rates, without folds and without a ROC. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  type AllToAllFile,
  allToAllName,
  type IjbFile,
  ijbName,
  allToAllFile,
  ijbFile,
} from '../../runtime/evaluate/ijb/ijb-file.ts'
import type { NetworkFacts } from '../../runtime/evaluate/report/network-facts.ts'
import { ijbNames } from '../../runtime/evaluate/ijb/ijb-set.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import { formatCount, plural } from '../render/format.ts'

export interface RateResult {
  readonly kind: 'ijb' | 'all-to-all'
  /** As in a log: `ijbc`; the name of a data set for all of its pairs. */
  readonly set: string
  /** For people: `IJB-C`. */
  readonly title: string
  /** Pictures, templates, pairs. */
  readonly sizes: readonly string[]
  readonly network: NetworkFacts
  readonly tarAtFar: readonly { readonly far: number; readonly tar: number; readonly threshold: number | null }[]
  readonly identification: IjbFile['identification']
}

/** The names of their files. */
export const rateFiles = [ijbName, allToAllName] as const

function ofIjb({ set, network, tarAtFar, identification }: IjbFile): RateResult {
  const sizes = [
    plural(set.images, 'picture'),
    plural(set.templates, 'template'),
    `${formatCount(set.pairs)} pairs, ${formatCount(set.same)} of one person`,
  ]
  return { kind: 'ijb', set: set.name, title: ijbNames[set.name], sizes, network, tarAtFar, identification }
}

function ofAllToAll({ set, network, tarAtFar, genuine, impostors }: AllToAllFile): RateResult {
  const sizes = [
    `${plural(set.images, 'picture')} of ${formatCount(set.people)} people`,
    `${formatCount(genuine)} pairs of one person`,
    `${formatCount(impostors)} of two`,
  ]
  const title = `All pairs of ${set.name}`
  return { kind: 'all-to-all', set: set.name, title, sizes, network, tarAtFar, identification: undefined }
}

/** Reads one of `rateFiles`. Throws an error that says what is wrong with it. */
export async function readRates(path: string): Promise<RateResult> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Error(error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error))
  }
  const isIjb = basename(path) === ijbName
  if (isIjb && ijbFile.accepts(value)) return ofIjb(value)
  if (!isIjb && allToAllFile.accepts(value)) return ofAllToAll(value)
  const [first] = (isIjb ? ijbFile : allToAllFile).errors
  throw new Error(`${first?.instancePath || 'it'} ${first?.message}`)
}
