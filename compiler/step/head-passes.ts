/**
 * The two passes of the head over its center rows, as a whole or chunk by chunk. The first computes the softmax statistics. The
 * second recomputes each chunk's logits, accumulates the gradient of the embeddings and updates the chunk's centers and optimizer
 * state in place. No logits outlive their chunk, and the gradient of all centers never exists as a whole.
 *
 * Legend: B rows of the batch, M center rows of one device, K of them in the step, k of one chunk, D embedding width.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import { forLoop } from '../ir/loop.ts'
import * as ops from '../ir/ops.ts'
import { centersTable } from '../ir/state-tensor.ts'
import type { Tables } from './center-storage.ts'
import {
  ABSENT,
  type ChunkInput,
  type ChunkLogits,
  chunkGradients,
  chunkLogits,
  chunkStatistics,
  type HeadRules,
  type SoftmaxStatistics,
  type SoftmaxTotal,
} from './head-chunk.ts'
import {
  activeRows,
  type ChunkRows,
  chunkPresence,
  chunkRowNumbers,
  chunkSlots,
  readChunk,
  type StepRows,
  writeChunk,
} from './head-rows.ts'

/** A chunk of center rows, its parts of the tables, and the gradient of the centers in it, f32 [k,D]. */
export interface ChunkParts {
  /** i32 [k]: the rows' numbers on this device; for an empty slot, the number of a row that does not exist. */
  readonly rows: Value
  readonly parts: Tables
  readonly gradient: Value
}

/** How a chunk's centers and states change. `given` are values from outside the loop over the chunks. */
export interface ChunkUpdate {
  readonly given: readonly Value[]
  /** New parts by table name. */
  apply(b: GraphBuilder, given: readonly Value[], chunk: ChunkParts): Tables
}

export interface Passes {
  readonly rules: HeadRules
  /** x̂ of the rows that this device processes, f32 [B,D]. */
  readonly embeddings: Value
  readonly rows: StepRows
  readonly tables: Tables
  /** Number of chunks; divides K. */
  readonly chunks: number
  /** Whether the gradient of the embeddings is used: some of the backbone is trained. */
  readonly trunk: boolean
}

interface PassOne {
  readonly statistics: SoftmaxStatistics
  /** Kept if there is only one chunk, so that the second pass need not recompute it. */
  readonly kept: ChunkLogits | undefined
}

function chunkInput(b: GraphBuilder, embeddings: Value, rows: StepRows, chunk: ChunkRows, centers: Value): ChunkInput {
  return {
    embeddings,
    centers: ops.convert(b, readChunk(b, rows, chunk, centers), 'f32'),
    slots: chunkSlots(b, rows, chunk),
    present: chunkPresence(b, rows, chunk),
  }
}

function wholeChunk(b: GraphBuilder, passes: Passes): ChunkRows {
  return { count: activeRows(passes.rows, centersOf(passes.tables)), start: ops.scalar(b, 0, 'i32'), whole: true }
}

function centersOf(tables: Tables): Value {
  return need(tables.get(centersTable), 'the centers')
}

/** Rows of one chunk; K must be divisible. */
function chunkSize(passes: Passes): number {
  const rows = activeRows(passes.rows, centersOf(passes.tables))
  if (rows % passes.chunks !== 0) bug(`${rows} center rows in ${passes.chunks} chunks`)
  return rows / passes.chunks
}

/** Converts `StepRows` to a list of values and back, for use inside a loop. */
function packRows(rows: StepRows): { readonly values: readonly Value[]; unpack(values: readonly Value[]): StepRows } {
  const values = [rows.slots, rows.owned, rows.sample?.rows, rows.sample?.present].filter((v) => v !== undefined)
  return {
    values,
    unpack(inside) {
      const queue = [...inside]
      const take = () => need(queue.shift(), 'a value of the rows')
      const slots = take()
      const owned = rows.owned === undefined ? undefined : take()
      return { slots, owned, sample: rows.sample === undefined ? undefined : { rows: take(), present: take() } }
    },
  }
}

/** Statistics of all K rows of this device. */
export function passOne(b: GraphBuilder, passes: Passes): PassOne {
  const { rules, embeddings, rows } = passes
  const centers = centersOf(passes.tables)
  if (passes.chunks === 1) {
    const logits = chunkLogits(b, rules, chunkInput(b, embeddings, rows, wholeChunk(b, passes), centers))
    return { statistics: chunkStatistics(b, rules, logits), kept: logits }
  }
  const count = chunkSize(passes)
  const perRow = { dtype: 'f32', shape: [embeddings.type.shape[0] ?? 0] } as const
  const packed = packRows(rows)
  const sums = rules.smoothing === 0 ? 2 : 3
  const start = [ops.splat(b, ABSENT, perRow), ...Array.from({ length: sums }, () => ops.splat(b, 0, perRow))]
  const [max, sum, target, logits] = forLoop(
    b,
    passes.chunks,
    [embeddings, centers, ...packed.values],
    start,
    (inside) => {
      const inner = inside.builder
      const [x, w, ...rest] = inside.invariants
      const chunk: ChunkRows = { count, start: ops.multiply(inner, inside.trip, count), whole: false }
      const input = chunkInput(inner, need(x, 'embeddings'), packed.unpack(rest), chunk, need(w, 'centers'))
      const own = chunkStatistics(inner, rules, chunkLogits(inner, rules, input))
      const [before, sumBefore, targetBefore, logitsBefore] = inside.carried
      const joined = joinStatistics(inner, own, {
        max: need(before, 'max'),
        sum: need(sumBefore, 'sum'),
        target: need(targetBefore, 'target'),
        logits: logitsBefore,
      })
      return [joined.max, joined.sum, joined.target, ...(joined.logits === undefined ? [] : [joined.logits])]
    },
  )
  return {
    statistics: { max: need(max, 'max'), sum: need(sum, 'sum'), target: need(target, 'target'), logits },
    kept: undefined,
  }
}

function joinStatistics(b: GraphBuilder, x: SoftmaxStatistics, y: SoftmaxStatistics): SoftmaxStatistics {
  const max = ops.maximum(b, x.max, y.max)
  const rescaled = (s: SoftmaxStatistics) => ops.multiply(b, s.sum, ops.exponential(b, ops.subtract(b, s.max, max)))
  return {
    max,
    sum: ops.add(b, rescaled(x), rescaled(y)),
    target: ops.add(b, x.target, y.target),
    logits: x.logits && y.logits && ops.add(b, x.logits, y.logits),
  }
}

export interface PassTwo {
  /** Gradient of x̂ from this device's rows, f32 [B,D]. */
  readonly embeddings: Value
  /** The tables after the update. */
  readonly tables: Tables
}

/** Gradients and updates of all K rows; `total` are the statistics over all devices. */
export function passTwo(
  b: GraphBuilder,
  passes: Passes,
  one: PassOne,
  total: SoftmaxTotal,
  update: ChunkUpdate,
): PassTwo {
  const { rules, embeddings, rows, tables } = passes
  const names = [...tables.keys()]
  if (one.kept !== undefined) {
    const chunk = wholeChunk(b, passes)
    const input = chunkInput(b, embeddings, rows, chunk, centersOf(tables))
    const gradients = chunkGradients(b, rules, input, one.kept, total)
    return {
      embeddings: gradients.embeddings,
      tables: updateChunk(b, rows, chunk, tables, update, update.given, gradients.centers),
    }
  }
  const count = chunkSize(passes)
  const packed = packRows(rows)
  const smoothed = total.share === undefined ? [] : [total.share]
  const invariants = [embeddings, total.max, total.sum, ...smoothed, ...update.given, ...packed.values]
  const start = [...(passes.trunk ? [ops.splat(b, 0, embeddings.type)] : []), ...tables.values()]
  const results = forLoop(b, passes.chunks, invariants, start, (inside) => {
    const inner = inside.builder
    const [x, max, sum, ...more] = inside.invariants
    const share = smoothed.length === 0 ? undefined : need(more[0], 'share')
    const rest = more.slice(smoothed.length)
    const given = rest.slice(0, update.given.length)
    const innerRows = packed.unpack(rest.slice(update.given.length))
    const parts = passes.trunk ? inside.carried.slice(1) : inside.carried
    const innerTables: Tables = new Map(names.map((name, i) => [name, need(parts[i], name)]))
    const chunk: ChunkRows = { count, start: ops.multiply(inner, inside.trip, count), whole: false }
    const input = chunkInput(inner, need(x, 'embeddings'), innerRows, chunk, centersOf(innerTables))
    const statistics = { max: need(max, 'max'), sum: need(sum, 'sum'), share }
    const gradients = chunkGradients(inner, rules, input, chunkLogits(inner, rules, input), statistics)
    const updated = updateChunk(inner, innerRows, chunk, innerTables, update, given, gradients.centers)
    const gradientSum = passes.trunk
      ? [ops.add(inner, need(inside.carried[0], 'the gradient so far'), gradients.embeddings)]
      : []
    return [...gradientSum, ...names.map((name) => need(updated.get(name), name))]
  })
  const [gradient, ...after] = passes.trunk ? results : [ops.splat(b, 0, embeddings.type), ...results]
  return {
    embeddings: need(gradient, 'the gradient of the embeddings'),
    tables: new Map(names.map((name, i) => [name, need(after[i], name)])),
  }
}

function updateChunk(
  b: GraphBuilder,
  rows: StepRows,
  chunk: ChunkRows,
  tables: Tables,
  update: ChunkUpdate,
  given: readonly Value[],
  gradient: Value,
): Tables {
  const parts: Tables = new Map(Array.from(tables, ([name, table]) => [name, readChunk(b, rows, chunk, table)]))
  const updated = update.apply(b, given, { rows: chunkRowNumbers(b, rows, chunk), parts, gradient })
  // Tables that an update leaves unchanged are not written: a table that is read later would be copied.
  const write = (name: string, table: Value) => {
    const part = need(updated.get(name), name)
    return part === parts.get(name) ? table : writeChunk(b, rows, chunk, table, part)
  }
  return new Map(Array.from(tables, ([name, table]) => [name, write(name, table)]))
}
