/**
 * The table of the centers at the start: old centers of the classes that keep one, the mean direction of pictures for new classes. A new
 * center is as long as the kept ones on average, so that it learns at their pace: the gradient of a direction is inverse to the length.
 * Of several centers of a new class, the first is the mean; the others are random, since equal centers would never part.
 *
 * Legend: D embedding width, n classes of a chunk, S centers of a class.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../engine.ts'
import { bf16ToF32, f32ToBf16 } from '../half.ts'
import type { DeviceState } from '../state/device-state.ts'
import { localReplicas } from '../world.ts'
import type { CenterRows } from './center-rows.ts'
import type { ClassMap } from './class-map.ts'
import { lengthOf, type MeanCenters, replicasByPart } from './mean-centers.ts'
import { startErrors } from './messages.ts'

/** Classes that are filled at once. */
const CHUNK = 2 ** 15
/** Kept centers whose lengths are averaged, at most. */
const MOST_LENGTHS = 4096

export interface FilledCenters {
  /** Pictures whose embeddings were averaged. */
  readonly pictures: number
  /** New classes with a random center: none of their pictures can be read, or random ones are wanted. */
  readonly random: number
}

interface FillCenters {
  readonly plan: Plan
  readonly engine: Engine
  readonly centers: CenterRows | undefined
  readonly classes: ClassMap
  /** Missing: new centers stay random. */
  readonly means: MeanCenters | undefined
  readonly signal: AbortSignal
}

/** Fills the centers of this process's devices. Throws ARC6770 if old centers are not finite, and errors of files, data and devices. */
export async function fillCenters(state: DeviceState, options: FillCenters): Promise<FilledCenters> {
  const { plan, engine, means } = options
  const index = plan.state.findIndex(({ role }) => role === 'centers')
  const length = await keptLength(options)
  let random = 0
  const own = localReplicas(engine.world)
  for (const replicas of replicasByPart(plan, own).values()) {
    const first = need(replicas[0], 'a replica')
    const shard = need(plan.shards[first], 'the classes of a device')
    // A copy: its rows without classes stay.
    const table = copyOf(await state.read(first, index))
    for (let at = 0; at < shard.count; at += CHUNK) {
      const count = Math.min(CHUNK, shard.count - at)
      random += await fillChunk(table, at, { ...options, start: shard.start + at, count, length })
    }
    for (const replica of replicas) state.replace(replica, index, await engine.upload(own.indexOf(replica), table))
  }
  return { pictures: means?.pictures ?? 0, random }
}

function copyOf({ dtype, shape, data }: HostTensor): HostTensor {
  return { dtype, shape, data: data.slice() }
}

interface Chunk extends FillCenters {
  readonly start: number
  readonly count: number
  /** Of kept centers, on average. */
  readonly length: number | undefined
}

/** Fills `count` classes from row `at` of a table; returns how many of them are random. */
async function fillChunk(table: HostTensor, at: number, chunk: Chunk): Promise<number> {
  const { plan, classes, means, signal, start, count, length } = chunk
  const { embedding, perClass } = plan.run
  const width = embedding * perClass
  const rows = rowsOf(table, at, count, width)
  const kept = new Float32Array(count * width)
  await copyKept(kept, chunk)
  const directions = new Float32Array(count * embedding)
  const without =
    means === undefined || signal.aborted ? newOnes(classes, start, count) : await means.fill(start, count, directions)
  const isRandom = new Set(without)
  for (let i = 0; i < count; i++) {
    const label = start + i
    if (isRandom.has(label)) continue
    if (classes.old[label] !== -1) {
      rows.set(kept.subarray(i * width, (i + 1) * width), i * width)
      continue
    }
    const own = rows.subarray(i * width, i * width + embedding)
    const factor = length ?? lengthOf(own)
    for (const column of own.keys()) own[column] = factor * need(directions[i * embedding + column], 'a direction')
  }
  storeRows(table, at, rows, width)
  return isRandom.size
}

function newOnes({ old }: ClassMap, start: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => start + i).filter((label) => old[label] === -1)
}

/** Copies the centers of the classes that keep one to their rows, consecutive old classes at once. */
async function copyKept(given: Float32Array, { plan, centers, classes, start, count }: Chunk): Promise<void> {
  if (centers === undefined) return
  const width = plan.run.embedding * plan.run.perClass
  const { old } = classes
  for (let i = 0; i < count; ) {
    const from = old[start + i] ?? -1
    let run = 1
    while (from >= 0 && i + run < count && old[start + i + run] === from + run) run++
    if (from >= 0) {
      const rows = await centers.rows(from, run)
      const wrong = rows.findIndex((value) => !Number.isFinite(value))
      if (wrong >= 0)
        throw startErrors('ARC6770', {
          file: centers.from,
          tensors: [`the center of class ${from + Math.floor(wrong / width)}`],
        })
      given.set(rows, i * width)
    }
    i += run
  }
}

/** The mean length of the first kept centers; `undefined` if none are kept. */
async function keptLength({ plan, centers, classes }: FillCenters): Promise<number | undefined> {
  if (centers === undefined || classes.kept === 0) return undefined
  const { embedding, perClass } = plan.run
  let sum = 0
  let count = 0
  for (const from of classes.old) {
    if (from < 0) continue
    const row = await centers.rows(from, 1)
    for (let s = 0; s < perClass; s++) sum += lengthOf(row.subarray(s * embedding, (s + 1) * embedding))
    count += perClass
    if (count >= MOST_LENGTHS) break
  }
  return sum / count
}

/** Rows of a table in f32. */
function rowsOf({ data }: HostTensor, at: number, count: number, width: number): Float32Array<ArrayBuffer> {
  const part = data.subarray(at * width, (at + count) * width)
  return part instanceof Uint16Array ? bf16ToF32(part) : Float32Array.from(part)
}

function storeRows({ dtype, data }: HostTensor, at: number, rows: Float32Array, width: number): void {
  data.set(dtype === 'bf16' ? f32ToBf16(rows) : rows, at * width)
}
