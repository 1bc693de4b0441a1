/** The pictures of a report: those of the hardest pairs and a sample of training, as small JPEGs in data URIs. */
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { compileExperiment } from '../../compiler/driver.ts'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { selectedNumber } from '../../runtime/data/collection.ts'
import { decodeImage } from '../../runtime/data/decode-image.ts'
import { type Collections, createCollections } from '../../runtime/data/formats/data-formats.ts'
import { FACE_SIZE, type Image, resize } from '../../runtime/data/image.ts'
import { openPictures } from '../../runtime/data/jobs/picture-source.ts'
import { spread } from '../../runtime/data/jobs/spread.ts'
import type { PairSet } from '../../runtime/data/pairs.ts'
import { readBinPairs } from '../../runtime/data/verification/bin-pairs.ts'
import { pairListName } from '../../runtime/data/verification/list-pairs.ts'
import type { EvaluationFile } from '../../runtime/evaluate/report/evaluation-file.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import { openData } from '../../runtime/train/open-data.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { shownFile } from '../host/run-record.ts'
import type { Run } from './read-run.ts'

export type PictureAddress = `data:image/${string}`

/** The pictures of a pair; one that could not be read is missing. */
export interface PairPictures {
  readonly a: PictureAddress | undefined
  readonly b: PictureAddress | undefined
}

export interface SheetPicture {
  readonly src: PictureAddress
  readonly name: string
  /** Its class. */
  readonly label: string
}

export interface RunPictures {
  readonly sheet: readonly SheetPicture[]
  readonly sheetGap: string | undefined
  /** Pairs of each kind that are shown of a set. */
  readonly pairsPerKind: number
  /** By set, then by the number of the pair. */
  readonly pairs: ReadonlyMap<string, ReadonlyMap<number, PairPictures>>
  /** Why a set's pictures are missing, after a colon; empty if nothing is known. */
  reasonOf(set: string): string
}

/** Characters of all pictures of a page, which has at most 2 MB. */
const mostCharacters = 1_100_000
/** Training pictures of the sheet. */
const sheetPictures = 24
const mostPairs = 10
/** Bytes of a file that is read as a picture. */
const mostBytes = 2 ** 25
/** Characters of a picture, about. */
const usualCharacters = 4200

async function addressOf(image: Image): Promise<PictureAddress> {
  const { data, width, height } = resize(image, FACE_SIZE, FACE_SIZE)
  const { default: sharp } = await import('sharp')
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality: 82 }).toBuffer()
  return `data:image/jpeg;base64,${bytes.toString('base64')}`
}

/** The specification of a run by the copy of its experiment. Throws the first error of the experiment. */
function specOf({ folder, record }: Run, collections: Collections): RunSpec {
  if (record === undefined) throw new Error('run.json cannot be read')
  const host = fileHost(undefined, undefined, collections)
  const copy = openEntry(host, join(folder, basename(record.file)))
  // Modules that it uses are found from where it was.
  const entry = { path: shownFile(record.file), text: copy.text }
  const { plan, diagnostics } = compileExperiment(
    { entry, experiment: record.experiment, overrides: overrideSources(record.set) },
    host,
  )
  if (plan !== undefined) return plan.run
  throw new Error(diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'its experiment has no plan')
}

async function sheetOf(spec: RunSpec, collections: Collections): Promise<readonly SheetPicture[]> {
  const { train, people } = await openData({ ...spec, evaluate: { ...spec.evaluate, sets: [] } }, collections)
  const source = openPictures(train.recipe)
  try {
    const sheet: SheetPicture[] = []
    for (const i of spread(train.images, sheetPictures)) {
      const at = selectedNumber(train.select, i)
      const number = train.label(i)
      const src = await source.decoded(at).then(addressOf, () => undefined)
      const label = people?.[number] ?? `class ${number}`
      if (src !== undefined) sheet.push({ src, name: source.nameOf(at), label })
    }
    return sheet
  } finally {
    source.close()
  }
}

/** The pairs of a set: by the run's experiment, or the `.bin` file that was evaluated. */
async function pairsOf(set: EvaluationFile['set'], spec: RunSpec | undefined, collections: Collections): Promise<PairSet> {
  const own = spec?.evaluate.sets.find((one) => (typeof one === 'string' ? one : pairListName(one.list.path)) === set.name)
  if (spec !== undefined && own !== undefined) {
    const data = await openData({ ...spec, evaluate: { ...spec.evaluate, sets: [own] } }, collections)
    const [opened] = data.sets
    if (opened !== undefined) return opened.pairs
  }
  if (!set.path.endsWith('.bin')) throw new Error(`${set.path} is no set that can be opened`)
  return readBinPairs(set.path)
}

type HardPair = EvaluationFile['hardest'][number]

async function pairPictures(set: PairSet, wanted: readonly HardPair[]): Promise<ReadonlyMap<number, PairPictures>> {
  const source = openPictures(set.recipe)
  try {
    const found = new Map<number, PairPictures>()
    for (const { pair } of wanted) {
      const [a, b] = [set.pairs[2 * pair], set.pairs[2 * pair + 1]]
      const read = async (i: number | undefined) =>
        i === undefined ? undefined : source.decoded(i).then(addressOf, () => undefined)
      found.set(pair, { a: await read(a), b: await read(b) })
    }
    return found
  } finally {
    source.close()
  }
}

/** Pairs whose pictures are files with the names that the evaluation has. */
async function namedPictures(
  wanted: readonly HardPair[],
  root: string | undefined,
): Promise<ReadonlyMap<number, PairPictures>> {
  const read = async (name: string) => {
    try {
      const path = resolve(root ?? '', name)
      const found = statSync(path)
      if (!found.isFile() || found.size > mostBytes) return undefined
      return await addressOf(await decodeImage(await readFile(path), name))
    } catch {
      return undefined
    }
  }
  const found = new Map<number, PairPictures>()
  for (const { pair, a, b } of wanted) {
    const pictures = { a: await read(a), b: await read(b) }
    if (pictures.a !== undefined || pictures.b !== undefined) found.set(pair, pictures)
  }
  return found
}

/** Finds the pictures of a run. Never throws: what cannot be opened is missing. */
export async function findPictures(run: Run): Promise<RunPictures> {
  const collections = createCollections()
  const reasons = new Map<string, string>()
  let spec: RunSpec | undefined
  let sheetGap: string | undefined
  try {
    spec = specOf(run, collections)
  } catch (error) {
    sheetGap = reasonOf(error)
  }
  const sheet = spec === undefined ? [] : await sheetOf(spec, collections).catch((error: unknown) => {
    sheetGap = reasonOf(error)
    return []
  })
  const room = (mostCharacters - sheet.length * usualCharacters) / (4 * usualCharacters * Math.max(1, run.verified.length))
  const pairsPerKind = Math.max(2, Math.min(mostPairs, Math.floor(room)))
  const pairs = new Map<string, ReadonlyMap<number, PairPictures>>()
  for (const { set, hardest } of run.verified) {
    const wanted = [true, false].flatMap((same) => hardest.filter((pair) => pair.same === same).slice(0, pairsPerKind))
    try {
      const opened = await pairsOf(set, spec, collections)
      if (opened.same.length !== set.pairs)
        throw new Error(`the set has ${opened.same.length} pairs now, and had ${set.pairs}`)
      pairs.set(set.name, await pairPictures(opened, wanted))
    } catch (error) {
      reasons.set(set.name, reasonOf(error))
      pairs.set(set.name, await namedPictures(wanted, set.root))
    }
  }
  return {
    ...{ sheet, sheetGap, pairsPerKind, pairs },
    reasonOf(set) {
      const reason = reasons.get(set)
      return reason === undefined ? '' : `: ${reason}`
    },
  }
}
