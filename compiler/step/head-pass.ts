/**
 * What the passes of the head over its center rows have in common: their input, as a whole or one chunk of it.
 *
 * Legend: B rows of the batch, K center rows of a step on one device, k of one chunk, D embedding width.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { MarginValues } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { centersTable } from '../ir/state-tensor.ts'
import type { Tables } from './center-storage.ts'
import type { ChunkInput, HeadRules } from './head-chunk.ts'
import type { SoftmaxTotal } from './head-gradients.ts'
import { activeRows, type ChunkRows, chunkPresence, chunkSlots, readChunk, type StepRows } from './head-rows.ts'

/** What every chunk reads. */
export type PassInput = Pick<Passes, 'embeddings' | 'rows' | 'values' | 'counts'>

export interface Passes {
  readonly rules: HeadRules
  /** x̂ of the rows that this device processes, f32 [B,D]. */
  readonly embeddings: Value
  readonly rows: StepRows
  readonly tables: Tables
  /** What the margin reads beside the cosines. */
  readonly values: MarginValues
  /** Pictures of the classes of this device, f32 [M,1]; `undefined` unless logits of other classes depend on them. */
  readonly counts: Value | undefined
  /** Number of chunks; divides K. */
  readonly chunks: number
  /** Whether the gradient of the embeddings is used: some of the backbone is trained. */
  readonly trunk: boolean
}

/** The chunk of `centers`, which are those of the passes or, inside a loop, those carried so far. */
export function chunkInput(b: GraphBuilder, passes: PassInput, chunk: ChunkRows, centers: Value): ChunkInput {
  const { embeddings, rows, values, counts } = passes
  return {
    embeddings,
    centers: ops.convert(b, readChunk(b, rows, chunk, centers), 'f32'),
    slots: chunkSlots(b, rows, chunk),
    present: chunkPresence(b, rows, chunk),
    values,
    counts: counts && ops.reshape(b, readChunk(b, rows, chunk, counts), [1, chunk.count]),
  }
}

export function wholeChunk(b: GraphBuilder, passes: Passes): ChunkRows {
  return { count: activeRows(passes.rows, centersOf(passes.tables)), start: ops.scalar(b, 0, 'i32'), whole: true }
}

export function centersOf(tables: Tables): Value {
  return need(tables.get(centersTable), 'the centers')
}

/** Rows of one chunk; K must be divisible. */
export function chunkSize(passes: Passes): number {
  const rows = activeRows(passes.rows, centersOf(passes.tables))
  if (rows % passes.chunks !== 0) bug(`${rows} center rows in ${passes.chunks} chunks`)
  return rows / passes.chunks
}

/** The rows and values that every chunk reads, as a list and back, for use inside a loop. */
export function packInput({ rows, values, counts }: Pick<Passes, 'rows' | 'values' | 'counts'>): {
  readonly invariants: readonly Value[]
  unpack(inside: readonly Value[]): Pick<Passes, 'rows' | 'values' | 'counts'>
} {
  const named = [...values]
  const known = [rows.slots, rows.owned, rows.sample?.rows, rows.sample?.present, counts].filter((v) => v !== undefined)
  const read = named.flatMap(([, value]) => (typeof value === 'number' ? [] : [value]))
  return {
    invariants: [...known, ...read],
    unpack(inside) {
      const queue = [...inside]
      const take = () => need(queue.shift(), 'a value of the passes')
      const slots = take()
      const owned = rows.owned === undefined ? undefined : take()
      const sample = rows.sample === undefined ? undefined : { rows: take(), present: take() }
      return {
        rows: { slots, owned, sample },
        counts: counts && take(),
        values: new Map(named.map(([name, value]) => [name, typeof value === 'number' ? value : take()])),
      }
    },
  }
}

/** The statistics of all classes, likewise. */
export function packTotal({ max, sum, share, own }: SoftmaxTotal): {
  readonly invariants: readonly Value[]
  unpack(inside: readonly Value[]): SoftmaxTotal
} {
  return {
    invariants: [max, sum, ...(share === undefined ? [] : [share]), ...(own === undefined ? [] : [own])],
    unpack(inside) {
      const queue = [...inside]
      const take = () => need(queue.shift(), 'a statistic')
      const [first, second] = [take(), take()]
      return {
        max: first,
        sum: second,
        share: share === undefined ? undefined : take(),
        own: own === undefined ? undefined : take(),
      }
    },
  }
}
