/**
 * The two passes of the head over its center rows, as a whole or chunk by chunk. The first computes the softmax statistics. The
 * second recomputes each chunk's logits, accumulates the gradient of the embeddings and updates the chunk's centers and optimizer
 * state in place. No logits outlive their chunk, and the gradient of all centers never exists as a whole.
 *
 * Legend: B rows of the batch, M center rows of one device, K of them in the step, k of one chunk, D embedding width.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { TensorType } from '../ir/dtype.ts'
import type { Value } from '../ir/graph.ts'
import { forLoop } from '../ir/loop.ts'
import * as ops from '../ir/ops.ts'
import type { Tables } from './center-storage.ts'
import { ABSENT, type ChunkLogits, chunkLogits, chunkStatistics, type SoftmaxStatistics } from './head-chunk.ts'
import { type ChunkGradients, chunkGradients, type SoftmaxTotal, sumOf, valuesWithGradients } from './head-gradients.ts'
import { centersOf, chunkInput, chunkSize, type Passes, packInput, packTotal, wholeChunk } from './head-pass.ts'
import { type ChunkRows, chunkRowNumbers, readChunk, type StepRows, writeChunk } from './head-rows.ts'

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

export interface PassOne {
  readonly statistics: SoftmaxStatistics
  /** Kept if there is only one chunk, so that the second pass need not recompute it. */
  readonly kept: ChunkLogits | undefined
}

/** Statistics of all K rows of this device. */
export function passOne(b: GraphBuilder, passes: Passes): PassOne {
  const { rules, embeddings } = passes
  const centers = centersOf(passes.tables)
  if (passes.chunks === 1) {
    const logits = chunkLogits(b, rules, chunkInput(b, passes, wholeChunk(b, passes), centers))
    return { statistics: chunkStatistics(b, rules, logits), kept: logits }
  }
  const count = chunkSize(passes)
  const perRow = { dtype: 'f32', shape: [embeddings.type.shape[0] ?? 0] } as const
  const packed = packInput(passes)
  const sums = rules.smoothing === 0 ? 2 : 3
  const start = [ops.splat(b, ABSENT, perRow), ...Array.from({ length: sums }, () => ops.splat(b, 0, perRow))]
  const [max, sum, target, logits] = forLoop(
    b,
    passes.chunks,
    [embeddings, centers, ...packed.invariants],
    start,
    (inside) => {
      const inner = inside.builder
      const [x, w, ...rest] = inside.invariants
      const chunk: ChunkRows = { count, start: ops.multiply(inner, inside.trip, count), whole: false }
      const shared = { embeddings: need(x, 'embeddings'), ...packed.unpack(rest) }
      const input = chunkInput(inner, shared, chunk, need(w, 'centers'))
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
  /** Gradients of what the margin reads, of the loss summed over the batch: f32 [B] of rows, f32 [] of learned numbers. */
  readonly values: ReadonlyMap<string, Value>
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
    const input = chunkInput(b, passes, chunk, centersOf(tables))
    const gradients = chunkGradients(b, rules, input, one.kept, total)
    return {
      embeddings: gradients.embeddings,
      values: gradients.values,
      tables: updateChunk(b, rows, chunk, tables, update, update.given, gradients.centers),
    }
  }
  const count = chunkSize(passes)
  const packed = packInput(passes)
  const totals = packTotal(total)
  const invariants = [embeddings, ...totals.invariants, ...update.given, ...packed.invariants]
  const sums = gradientSums(passes)
  const start = [...sums.map(({ type }) => ops.splat(b, 0, type)), ...tables.values()]
  const results = forLoop(b, passes.chunks, invariants, start, (inside) => {
    const inner = inside.builder
    const [x, ...more] = inside.invariants
    const statistics = totals.unpack(more)
    const rest = more.slice(totals.invariants.length)
    const given = rest.slice(0, update.given.length)
    const shared = { embeddings: need(x, 'embeddings'), ...packed.unpack(rest.slice(update.given.length)) }
    const before = inside.carried.slice(0, sums.length)
    const innerTables: Tables = new Map(names.map((name, i) => [name, need(inside.carried[sums.length + i], name)]))
    const chunk: ChunkRows = { count, start: ops.multiply(inner, inside.trip, count), whole: false }
    const input = chunkInput(inner, shared, chunk, centersOf(innerTables))
    const gradients = chunkGradients(inner, rules, input, chunkLogits(inner, rules, input), statistics)
    const updated = updateChunk(inner, shared.rows, chunk, innerTables, update, given, gradients.centers)
    const after = sums.map(({ of }, i) => sumOf(inner, need(before[i], 'the gradient so far'), of(gradients)))
    return [...after, ...names.map((name) => need(updated.get(name), name))]
  })
  const found = new Map(sums.map(({ name }, i) => [name, need(results[i], 'a gradient')]))
  return {
    embeddings: found.get(ofEmbeddings) ?? ops.splat(b, 0, embeddings.type),
    values: new Map([...found].filter(([name]) => name !== ofEmbeddings)),
    tables: new Map(names.map((name, i) => [name, need(results[sums.length + i], name)])),
  }
}

const ofEmbeddings = 'embeddings'

interface GradientSum {
  readonly name: string
  readonly type: TensorType
  readonly of: (gradients: ChunkGradients) => Value | undefined
}

/** The gradients that are summed over the chunks. */
function gradientSums({ rules, embeddings, values, trunk }: Passes): readonly GradientSum[] {
  const typeOf = (name: string): TensorType => {
    const value = values.get(name)
    return value === undefined || typeof value === 'number' ? bug(`a gradient of ${name}`) : value.type
  }
  return [
    ...(trunk ? [{ name: ofEmbeddings, type: embeddings.type, of: (g: ChunkGradients) => g.embeddings }] : []),
    ...valuesWithGradients(rules.margin).map((name) => ({
      name,
      type: typeOf(name),
      of: (g: ChunkGradients) => g.values.get(name),
    })),
  ]
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
