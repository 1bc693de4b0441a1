/**
 * The cosines of the rows and the centers of their own classes, before the passes over all classes: margins that compare other
 * classes with it (CurricularFace, MV-softmax) or keep its mean read it. Where logits of other classes have a gradient with respect to
 * it, one more pass over the classes sums that gradient before the centers are updated.
 *
 * Legend: B rows that this device processes, K center rows of the step, D embedding width; x̂, ŵ are x/|x|, w/|w|, and of several
 * centers of a class, the nearest counts.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import { forLoop } from '../ir/loop.ts'
import * as ops from '../ir/ops.ts'
import { type ChunkInput, type ChunkLogits, chunkLogits, normalizeRows } from './head-chunk.ts'
import { excessOf, othersGradient, type SoftmaxTotal, sumOf } from './head-gradients.ts'
import { centersOf, chunkInput, chunkSize, type Passes, packInput, packTotal, wholeChunk } from './head-pass.ts'
import type { PassOne } from './head-passes.ts'
import { activeRows, type ChunkRows, type StepRows } from './head-rows.ts'
import { rowPerCenter } from './sub-centers.ts'

/** x̂·ŵ of each row whose class is on this device, else 0: f32 [B]. The factors have the precision of the products. */
export function ownCosines(b: GraphBuilder, passes: Omit<Passes, 'values'>): Value {
  const { rules, embeddings, rows, tables } = passes
  const { here, taken } = ownRows(b, rows, centersOf(tables))
  const own = ops.convert(b, taken, 'f32')
  const rounded = (x: Value) => ops.convert(b, ops.convert(b, x, rules.compute), 'f32')
  const unit = rounded(embeddings)
  const units = rounded(normalizeRows(b, rowPerCenter(b, own, rules.perClass)).unit)
  const [count = 0, width = 0] = unit.type.shape
  const cube = [count, rules.perClass, width]
  const products = ops.multiply(b, ops.broadcastTo(b, unit, cube, [0, 2]), ops.reshape(b, units, cube))
  const greatest = ops.maxOver(b, ops.sumOver(b, products, [2]), [1])
  return ops.select(
    b,
    here,
    ops.clamp(b, greatest, -1, 1),
    ops.splat(b, 0, { dtype: 'f32', shape: rows.slots.type.shape }),
  )
}

/**
 * Pictures of the class of each row, from a table [M,1]: f32 [B]; `elsewhere` for the rows whose classes are on other devices. Only
 * the device of a class uses what `target` makes of it, so that 1 will do there; 0 makes sums over the devices.
 */
export function ownCounts(b: GraphBuilder, rows: StepRows, table: Value, elsewhere: 0 | 1): Value {
  const { here, taken } = ownRows(b, rows, table)
  const { shape } = here.type
  return ops.select(b, here, ops.reshape(b, taken, shape), ops.splat(b, elsewhere, { dtype: 'f32', shape }))
}

/** The rows [B,W] of the own classes in a table [M,W]; meaningless where the class is not on this device: `here`, pred [B]. */
function ownRows(b: GraphBuilder, rows: StepRows, table: Value): { readonly here: Value; readonly taken: Value } {
  const { slots } = rows
  const here = ops.and(b, ops.compare(b, 'GE', slots, 0), ops.compare(b, 'LT', slots, activeRows(rows, table)))
  // Row numbers are clamped to the table.
  const numbers = rows.sample === undefined ? slots : ops.takeRows(b, rows.sample.rows, slots)
  return { here, taken: ops.takeRows(b, table, numbers) }
}

/** The gradient of the loss, summed over the batch, with respect to `own`, through this device's other classes: f32 [B]. */
export function ownGradient(b: GraphBuilder, passes: Passes, one: PassOne, total: SoftmaxTotal): Value | undefined {
  const { rules, embeddings } = passes
  const ofChunk = (at: GraphBuilder, input: ChunkInput, logits: ChunkLogits, statistics: SoftmaxTotal) =>
    othersGradient(at, rules, input, logits, excessOf(at, rules, logits, statistics)).values.get('own')
  if (one.kept !== undefined) {
    const input = chunkInput(b, passes, wholeChunk(b, passes), centersOf(passes.tables))
    return ofChunk(b, input, one.kept, total)
  }
  const count = chunkSize(passes)
  const packed = packInput(passes)
  const totals = packTotal(total)
  const invariants = [embeddings, centersOf(passes.tables), ...totals.invariants, ...packed.invariants]
  const zero = ops.splat(b, 0, total.max.type)
  const [sum] = forLoop(b, passes.chunks, invariants, [zero], (inside) => {
    const inner = inside.builder
    const [x, w, ...more] = inside.invariants
    const shared = { embeddings: need(x, 'embeddings'), ...packed.unpack(more.slice(totals.invariants.length)) }
    const chunk: ChunkRows = { count, start: ops.multiply(inner, inside.trip, count), whole: false }
    const input = chunkInput(inner, shared, chunk, need(w, 'centers'))
    const own = ofChunk(inner, input, chunkLogits(inner, rules, input), totals.unpack(more))
    return [sumOf(inner, need(inside.carried[0], 'the sum so far'), own)]
  })
  return sum
}
