/** Describes a data set: counts, classes, sizes, and what a sample of its pictures shows. Nothing is written. */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArccError } from '../../errors.ts'
import type { Collection, LeftOut } from '../collection.ts'
import { type ClassSizes, classSizes, countClasses, type LabelFault } from '../jobs/class-counts.ts'
import { readBinPairs } from '../verification/bin-pairs.ts'
import { type DiskBytes, diskBytes } from './disk-bytes.ts'
import { type Sample, samplePictures } from './sample.ts'

/** A verification set beside the data set. */
export interface BesideSet {
  readonly file: string
  readonly pairs: number
  /** Pairs of one person. */
  readonly same: number
  /** Why it cannot be read; the counts are 0 then. */
  readonly fault?: string
}

export interface Inspection {
  readonly name: string
  readonly images: number
  readonly classes: number
  readonly disk: DiskBytes
  readonly sizes: ClassSizes
  /** The first names of classes, where the data set has names; also those that `sizes` mentions. */
  readonly people?: readonly string[]
  readonly labels: { readonly faults: number; readonly examples: readonly LabelFault[] }
  readonly sample: Sample
  readonly leftOut: readonly LeftOut[]
  readonly verification: readonly BesideSet[]
}

/** Counts the pairs of a `.bin` file. */
export async function besideSet(file: string): Promise<BesideSet> {
  try {
    const set = await readBinPairs(file)
    const same = set.same.reduce((sum, flag) => sum + flag, 0)
    const pairs = set.same.length
    return { file, pairs, same }
  } catch (error) {
    if (!(error instanceof ArccError)) throw error
    return { file, pairs: 0, same: 0, fault: error.message }
  }
}

/** The `.bin` sets in a folder, or in the folder of a file. */
async function setsBeside(root: string): Promise<BesideSet[]> {
  const list = async (folder: string) =>
    (await readdir(folder)).filter((name) => /\.bin$/i.test(name)).map((name) => join(folder, name))
  const files = await list(root).catch(() => list(dirname(root)).catch(() => []))
  const sets: BesideSet[] = []
  for (const file of files.sort()) sets.push(await besideSet(file))
  return sets
}

/** `root` is where the data set lies, if it lies anywhere; `sampled` pictures at most are decoded. */
export async function inspectCollection(
  collection: Collection,
  root: string | undefined,
  sampled: number,
): Promise<Inspection> {
  const { name, images, classes, people, leftOut, recipe } = collection
  const { perClass, faults, examples } = countClasses(collection)
  return {
    name,
    images,
    classes,
    disk: await diskBytes(recipe),
    sizes: classSizes(perClass),
    ...(people === undefined ? {} : { people }),
    labels: { faults, examples },
    sample: await samplePictures(collection, sampled),
    leftOut,
    verification: root === undefined ? [] : await setsBeside(root),
  }
}
