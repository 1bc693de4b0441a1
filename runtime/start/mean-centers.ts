/**
 * Centers of new classes: the mean direction of the embeddings of some of their pictures and of the mirrored pictures, by the network
 * that training starts from. An identity's center ends near the mean of its embeddings, so that training starts close to it.
 *
 * Legend: D embedding width, n classes of a range.
 */
import type { Plan, RunSpec } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { selectedNumber } from '../data/collection.ts'
import type { DecodeWorkers } from '../data/loader/decode-workers.ts'
import { createLoader, type Loader } from '../data/loader/loader.ts'
import type { Selection } from '../data/select/selection.ts'
import { type Embedder, embedPictures } from '../evaluate/embed-pairs.ts'
import { verificationSlots } from '../evaluate/rounds.ts'

/** Pictures whose embeddings are in memory at the same time. */
const WINDOW = 8192

export interface MeanCenters {
  /** Pictures that have been embedded so far. */
  readonly pictures: number
  /**
   * Adds the mean directions of the new classes among [start, start + count) to `rows`, f32 [n,D], with unit length; returns the
   * classes that have none, because they have no pictures that can be read. Throws errors of the data and of the devices.
   */
  fill(start: number, count: number, rows: Float32Array): Promise<readonly number[]>
  dispose(): void
}

export interface MeanCentersOptions {
  readonly embedder: Embedder
  readonly data: Selection
  readonly workers: DecodeWorkers
  /** Whether a class gets a new center. */
  readonly isNew: (label: number) => boolean
  /** Pictures of a class at most. */
  readonly most: number
  readonly damaged: RunSpec['dataset']['damaged']
}

/** The first pictures of each new class: those of class c are `list[starts[c] … starts[c + 1]]`, numbers in the recipe. */
function picturesOf({ data, isNew, most }: MeanCentersOptions) {
  const counts = new Uint32Array(data.classes)
  for (let i = 0; i < data.images; i++) {
    const label = data.label(i)
    if (isNew(label) && (counts[label] ?? 0) < most) counts[label] = (counts[label] ?? 0) + 1
  }
  const starts = new Uint32Array(data.classes + 1)
  for (const [label, count] of counts.entries()) starts[label + 1] = (starts[label] ?? 0) + count
  const list = new Uint32Array(new SharedArrayBuffer(4 * Math.max(1, starts[data.classes] ?? 0)))
  counts.fill(0)
  for (let i = 0; i < data.images; i++) {
    const label = data.label(i)
    const count = counts[label] ?? 0
    if (!isNew(label) || count >= most) continue
    list[(starts[label] ?? 0) + count] = selectedNumber(data.select, i)
    counts[label] = count + 1
  }
  return { starts, list }
}

/** Opens the pictures; the caller disposes it. */
export async function createMeanCenters(options: MeanCentersOptions): Promise<MeanCenters> {
  const { embedder, data, workers } = options
  const { network, engine } = embedder
  const { starts, list } = picturesOf(options)
  const images = need(starts[data.classes], 'the number of pictures')
  const loader = await createLoader(
    {
      recipe: data.recipe,
      select: { list },
      images: list.length,
      shape: network.image,
      rows: network.embedBatch * engine.world.local,
      slots: verificationSlots,
      // Damaged pictures are left out if training skips them; their number is limited there.
      mostSkipped: options.damaged === 'error' ? 0 : images,
    },
    workers,
  )
  let pictures = 0
  return {
    get pictures() {
      return pictures
    },
    async fill(start, count, rows) {
      const [first, end] = [need(starts[start], 'a class'), need(starts[start + count], 'a class')]
      const width = network.embedding
      const found = new Uint32Array(count)
      let label = start
      for (let from = first; from < end; from += WINDOW) {
        const size = Math.min(WINDOW, end - from)
        const window = await embedWindow(embedder, loader, from, size)
        for (let i = 0; i < size; i++) {
          while (from + i >= (starts[label + 1] ?? end)) label++
          if (window.replaced.has(i)) continue
          const row = rows.subarray((label - start) * width, (label - start + 1) * width)
          addDirection(row, window.original, i)
          addDirection(row, window.mirrored, i)
          found[label - start] = (found[label - start] ?? 0) + 1
          pictures += 1
        }
      }
      const without: number[] = []
      for (let i = 0; i < count; i++) {
        if (!options.isNew(start + i)) continue
        const isFound = (found[i] ?? 0) > 0 && normalize(rows.subarray(i * width, (i + 1) * width))
        if (!isFound) without.push(start + i)
      }
      return without
    },
    dispose: () => loader.dispose(),
  }
}

/** Embeds the pictures [from, from + size) of the loader; `replaced` are those that are damaged, for which the loader reads others. */
async function embedWindow(embedder: Embedder, loader: Loader, from: number, size: number) {
  const replaced = new Set<number>()
  const reader = {
    async read(numbers: Uint32Array) {
      const wanted = numbers.map((i) => from + i)
      const rows = await loader.read(wanted)
      for (const [at, number] of rows.numbers.entries()) if (number !== wanted[at]) replaced.add(numbers[at] ?? 0)
      return rows
    },
  }
  return { ...(await embedPictures(embedder, { pairs: { images: size }, loader: reader })), replaced }
}

/** Adds row `i` of `embeddings` to `sum`, with unit length. */
function addDirection(sum: Float32Array, embeddings: Float32Array, i: number): void {
  const row = embeddings.subarray(i * sum.length, (i + 1) * sum.length)
  const length = lengthOf(row)
  if (!(length > 0 && Number.isFinite(length))) return
  for (const [at, value] of row.entries()) sum[at] = (sum[at] ?? 0) + value / length
}

export function lengthOf(row: Float32Array): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
}

/** Scales a row to unit length; `false` if it has no direction. */
function normalize(row: Float32Array): boolean {
  const length = lengthOf(row)
  if (!(length > 0 && Number.isFinite(length))) return false
  for (const [at, value] of row.entries()) row[at] = value / length
  return true
}

/** For which of `replicas` a plan has which classes: those of equal parts together. */
export function replicasByPart(
  { shards }: Pick<Plan, 'shards'>,
  replicas: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>()
  for (const replica of replicas) {
    const { start, count } = need(shards[replica], 'the classes of a device')
    const key = `${start} ${count}`
    groups.set(key, [...(groups.get(key) ?? []), replica])
  }
  return groups
}
