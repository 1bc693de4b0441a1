/** Reads every label and decodes every picture of a data set on all cores, and reports everything that is wrong. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Collection } from '../collection.ts'
import { labelOf } from '../jobs/class-counts.ts'
import type { Fault } from '../jobs/found.ts'
import { inOrder, openPicturePool, type PicturePool } from '../jobs/picture-pool.ts'
import { openPictures } from '../jobs/picture-source.ts'
import {
  type CheckReport,
  type CheckSummary,
  noFaults,
  openCheckReport,
  type ReportedDuplicates,
} from './check-report.ts'
import { CHUNK, type CheckState, type ChunkLine, chunkRange, openCheckState } from './check-state.ts'
import { duplicateGroups } from './duplicates.ts'

export interface CheckProgress {
  readonly stage: 'labels' | 'pictures' | 'duplicates'
  readonly done: number
  readonly total: number
  /** Pictures among `done` that an earlier check did. */
  readonly kept: number
  /** Faults so far. */
  readonly faults: number
}

export interface CheckRequest {
  readonly collection: Collection
  /** Where unfinished work is kept. */
  readonly stateFolder: string
  /** Whether to continue an interrupted check. */
  readonly resume: boolean
  /** The report's file, if one is wanted. */
  readonly report: string | undefined
  readonly workers?: number
  readonly onProgress: (progress: CheckProgress) => void
  /** Stops the check; what is done is kept. */
  readonly signal: AbortSignal
}

/** The first findings of each kind that a summary shows. */
const mostExamples = 10
/** Jobs that are given to the pool before the first is done, for each worker. */
const ahead = 3
/** Labels that are read in one turn of the event loop. */
const labelsPerTurn = 4096
/** The class of a picture whose label is wrong, in lists of duplicates. */
const noClass = -1
/** Chunks that are kept at once. */
const keepTogether = 64

/** Counts faults, and hands each to the report. */
function createTally(report: CheckReport) {
  const counts = noFaults(() => 0)
  const examples = noFaults((): Fault[] => [])
  let total = 0
  return {
    counts,
    examples,
    total: () => total,
    async add(fault: Fault): Promise<void> {
      total++
      counts[fault.kind]++
      if (examples[fault.kind].length < mostExamples) examples[fault.kind].push(fault)
      await report.fault(fault)
    },
  }
}

/** Checks the chunks that are not done, keeps their results, and passes all results on in the order of the pictures. */
async function* checkChunks(
  { collection, signal }: CheckRequest,
  pool: PicturePool,
  state: CheckState,
): AsyncGenerator<ChunkLine> {
  const { images } = collection
  const done = new Map(state.done.map((line) => [line.chunk, line]))
  const chunks = Array.from({ length: Math.ceil(images / CHUNK) }, (_, chunk) => chunk)
  let fresh: ChunkLine[] = []
  const keep = async () => {
    if (fresh.length > 0) await state.save(fresh)
    fresh = []
  }
  const run = async (chunk: number): Promise<ChunkLine> =>
    done.get(chunk) ?? { chunk, ...(await pool.check(chunkRange(chunk, images))) }
  for await (const { result } of inOrder(chunks, ahead * pool.workers, run, signal)) {
    if (!done.has(result.chunk)) fresh.push(result)
    if (fresh.length >= keepTogether) await keep()
    yield result
  }
  await keep()
}

/** Reads every label, and returns the number of pictures of each class. */
async function checkLabels(
  { collection, onProgress, signal }: CheckRequest,
  add: (fault: Fault) => Promise<void>,
): Promise<Uint32Array> {
  const { images, classes, recipe } = collection
  const perClass = new Uint32Array(classes)
  const names = openPictures(recipe)
  let faults = 0
  try {
    for (let image = 0; image < images && !signal.aborted; image++) {
      if (image % labelsPerTurn === 0) {
        onProgress({ stage: 'labels', done: image, total: images, kept: 0, faults })
        await nextTurn()
      }
      const label = labelOf(collection, image)
      if (typeof label === 'number') perClass[label] = (perClass[label] ?? 0) + 1
      else {
        faults++
        await add({ kind: 'label', image, name: names.nameOf(image), reason: label })
      }
    }
  } finally {
    names.close()
  }
  return perClass
}

async function reportDuplicates(
  { collection, signal }: CheckRequest,
  hashes: BigUint64Array,
  report: CheckReport,
): Promise<Pick<CheckSummary, 'duplicates'> & { within: ReportedDuplicates[]; across: ReportedDuplicates[] }> {
  const source = openPictures(collection.recipe)
  const classOf = (image: number) => {
    const label = labelOf(collection, image)
    return typeof label === 'number' ? label : noClass
  }
  const duplicates = { within: 0, across: 0, surplus: 0 }
  const [within, across]: [ReportedDuplicates[], ReportedDuplicates[]] = [[], []]
  try {
    for (const { count, images } of duplicateGroups(hashes)) {
      if (signal.aborted) break
      const members = images.map((image) => ({ image, name: source.nameOf(image), class: classOf(image) }))
      const group = { count, across: new Set(members.map((member) => member.class)).size > 1, images: members }
      duplicates.surplus += count - 1
      duplicates[group.across ? 'across' : 'within']++
      const examples = group.across ? across : within
      if (examples.length < mostExamples) examples.push(group)
      await report.duplicates(group)
      // Comparing hashes takes seconds: Ctrl-C must be heard between.
      await nextTurn()
    }
  } finally {
    source.close()
  }
  return { duplicates, within, across }
}

/**
 * Checks a data set. If `signal` stops it, the summary covers what was checked, no report is written, and the state is kept. Memory:
 * 8 bytes a picture, and some megabytes for each worker. Throws ARC6410 if the state or the report cannot be written.
 */
export async function checkCollection(request: CheckRequest): Promise<CheckSummary> {
  const { collection, stateFolder, resume, onProgress, signal, workers } = request
  const { images, name, classes } = collection
  const state = await openCheckState(stateFolder, images, resume)
  const report = await openCheckReport(request.report, collection).catch(async (error: unknown) => {
    await state.close()
    throw error
  })
  let pool: PicturePool | undefined
  const tally = createTally(report)
  let [checked, bytes] = [0, 0]
  const kept = Math.min(images, state.done.length * CHUNK)
  const show = (stage: CheckProgress['stage']) =>
    onProgress({ stage, done: checked, total: images, kept: Math.min(kept, checked), faults: tally.total() })
  try {
    pool = openPicturePool({ recipe: collection.recipe, hashes: state.hashes }, workers)
    const perClass = await checkLabels(request, tally.add)
    show('pictures')
    for await (const line of checkChunks(request, pool, state)) {
      const { from, to } = chunkRange(line.chunk, images)
      checked += to - from
      bytes += line.bytes
      for (const fault of line.faults) await tally.add(fault)
      show('pictures')
    }
    const empty = [...perClass.keys()].filter((number) => perClass[number] === 0)
    for (const number of empty) await report.emptyClass(number)
    if (!signal.aborted) show('duplicates')
    const { duplicates, within, across } = await reportDuplicates(request, state.hashes, report)
    const counts = {
      name,
      images,
      classes,
      checked,
      bytes,
      faults: tally.counts,
      emptyClasses: empty.length,
      duplicates,
    }
    if (signal.aborted) await report.discard()
    else {
      await report.finish(counts)
      await state.remove()
    }
    const examples = { faults: tally.examples, emptyClasses: empty.slice(0, mostExamples), within, across }
    return { ...counts, examples }
  } catch (error) {
    await report.discard()
    throw error
  } finally {
    await pool?.close()
    await state.close()
  }
}
