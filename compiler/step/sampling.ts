/**
 * The class centers of one step of Partial FC (arXiv:2203.15565): a uniform sample without replacement, keyed by (seed, step),
 * plus every class in the batch. Nothing is sorted: classes are split into a fixed number of virtual shards. Each has a keyed
 * permutation whose first k images are its sample, and the inverse permutation tells whether a class is in the sample and where.
 * The virtual shards are the same for every number of devices, so the sample is too.
 *
 * Legend: R replicas, V virtual shards of one device, k slots of one of them, B rows of the batch, K = V·k + B slots.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { type Domain, permute, unpermute } from './permutation.ts'
import { keyOf, mix, unitInterval } from './random.ts'
import { classShards } from './shards.ts'

/** Enough that each of 1, 2, 4 … 64 devices holds whole shards. */
const VIRTUAL_SHARDS = 64

/**
 * The sample is stratified over the virtual shards: from shard [s, e) it takes ⌊rate·e + u⌋ − ⌊rate·s + u⌋ classes, with one u in
 * [0, 1) per step, so that every class has the same probability however small its shard.
 */
export interface SamplingPlan {
  /** Virtual shards of each device: their classes relative to the device's first, and the number sampled. */
  readonly devices: readonly (readonly VirtualShard[])[]
  /** Slots reserved for each virtual shard: the largest sample. */
  readonly slots: number
  /** Center rows of one device. */
  readonly rows: number
}

interface VirtualShard {
  /** Its number among those of all devices: part of its key. */
  readonly id: number
  readonly start: number
  readonly count: number
  /** ⌊rate·e⌋ − ⌊rate·s⌋ */
  readonly quota: number
  /** Fractions of rate·s and rate·e. */
  readonly startFraction: number
  readonly endFraction: number
}

/** Splits the classes; a fraction `rate` of all classes is sampled, rounded down. */
export function samplingPlan(classes: number, replicas: number, rate: number, rows: number): SamplingPlan {
  const perDevice = Math.ceil(VIRTUAL_SHARDS / replicas)
  const virtual = classShards(classes, perDevice * replicas)
  const owners = classShards(classes, replicas)
  const devices = owners.map((owner, r) =>
    virtual.slice(r * perDevice, (r + 1) * perDevice).map(({ start, count }, i): VirtualShard => {
      const [from, to] = [rate * start, rate * (start + count)]
      return {
        id: r * perDevice + i,
        start: start - owner.start,
        count,
        quota: Math.floor(to) - Math.floor(from),
        startFraction: from - Math.floor(from),
        endFraction: to - Math.floor(to),
      }
    }),
  )
  // One more than the quota if u lifts the end above an integer, but at most the number of classes.
  const slots = Math.max(0, ...devices.flat().map((shard) => (rate === 0 ? 0 : Math.min(shard.quota + 1, shard.count))))
  return { devices, slots, rows }
}

/** Slots reserved per step on one device. */
export function slotCount(plan: SamplingPlan, batch: number): number {
  return need(plan.devices[0], 'a device').length * plan.slots + batch
}

export interface Sample {
  /** i32 [K]: the center row of each slot; a row that does not exist if the slot is empty. */
  readonly rows: Value
  /** pred [K] */
  readonly present: Value
  /** i32 [B]: the slot of each row's true class; −1 if another device holds it. */
  readonly slots: Value
}

/**
 * Draws the sample of one step. `labels` i32 [B] are rows of this device's centers, out of [0, `owned`) if another device holds
 * the class; `owned` is i32 [], `step` i32 [].
 */
export function drawSample(
  b: GraphBuilder,
  plan: SamplingPlan,
  seed: number,
  step: Value,
  labels: Value,
  owned: Value,
): Sample {
  const batch = labels.type.shape[0] ?? 0
  const virtual = need(plan.devices[0], 'a device').length
  const table = (pick: (shard: VirtualShard) => number) => shardTable(b, plan, 'u32', pick)
  const starts = table((shard) => shard.start)
  const counts = table((shard) => shard.count)
  const stepKey = mix(b, ops.xor(b, ops.convert(b, step, 'u32'), keyOf(seed, 'sample')))
  const sampled = sampledCounts(b, plan, stepKey)
  const ids = table((shard) => shard.id)
  const keys = mix(b, ops.xor(b, mix(b, ids), ops.broadcastScalar(b, stepKey, [virtual])))
  const sizes = ops.maximum(b, counts, 1)

  // A single class has a single order. XLA's CPU compiler fails on the constants that the rounds of a permutation of one number
  // fold to.
  const isTrivial = plan.devices.flat().every(({ count }) => count <= 1)
  const grid = [virtual, plan.slots]
  const over = (x: Value) => ops.broadcastVector(b, x, grid, 0)
  const index = ops.iota(b, { dtype: 'u32', shape: grid }, 1)
  const used = ops.compare(b, 'LT', index, over(sampled))
  // Slots beyond a shard's sample repeat an image; they are not used.
  const position = ops.remainder(b, index, over(sizes))
  const image = isTrivial ? position : permute(b, { size: over(sizes), key: over(keys) }, position)
  const drawn = ops.select(b, used, ops.add(b, over(starts), image), plan.rows)

  const here = ops.and(
    b,
    ops.compare(b, 'GE', labels, 0),
    ops.compare(b, 'LT', labels, ops.broadcastScalar(b, owned, [batch])),
  )
  const row = ops.convert(b, ops.select(b, here, labels, 0), 'u32')
  const shard = shardOf(b, row, starts)
  const at = (x: Value) => ops.takeRows(b, x, shard)
  const domain: Domain = { size: at(sizes), key: at(keys) }
  const local = ops.subtract(b, row, at(starts))
  const place = isTrivial ? local : unpermute(b, domain, local)
  const isDrawn = ops.and(b, here, ops.compare(b, 'LT', place, at(sampled)))
  const drawnSlot = ops.add(b, ops.multiply(b, shard, plan.slots), ops.convert(b, place, 'i32'))

  const first = firstOccurrence(b, labels)
  const own = ops.iota(b, { dtype: 'i32', shape: [batch] }, 0)
  const isExtra = ops.and(b, here, ops.not(b, isDrawn))
  const holdsExtra = ops.and(b, isExtra, ops.compare(b, 'EQ', first, own))
  const extraSlot = ops.add(b, first, virtual * plan.slots)

  const flat = (x: Value) => ops.reshape(b, x, [virtual * plan.slots])
  const extras = ops.select(b, holdsExtra, labels, plan.rows)
  // At rate 0 the only slots are those of the batch.
  const isEmpty = plan.slots === 0
  return {
    rows: isEmpty ? extras : ops.concatenate(b, [ops.convert(b, flat(drawn), 'i32'), extras], 0),
    present: isEmpty ? holdsExtra : ops.concatenate(b, [flat(used), holdsExtra], 0),
    slots: ops.select(b, isDrawn, drawnSlot, ops.select(b, isExtra, extraSlot, -1)),
  }
}

/** u32 [V]: the number of classes of each virtual shard sampled in this step. */
function sampledCounts(b: GraphBuilder, plan: SamplingPlan, stepKey: Value): Value {
  const quota = shardTable(b, plan, 'u32', (shard) => shard.quota)
  const offset = ops.broadcastScalar(b, unitInterval(b, mix(b, ops.add(b, stepKey, 1))), quota.type.shape)
  const lifted = (pick: (shard: VirtualShard) => number) => {
    const fraction = shardTable(b, plan, 'f32', pick)
    return ops.convert(b, ops.compare(b, 'GE', ops.add(b, fraction, offset), 1), 'u32')
  }
  const end = ops.add(
    b,
    quota,
    lifted((shard) => shard.endFraction),
  )
  return ops.subtract(
    b,
    end,
    lifted((shard) => shard.startFraction),
  )
}

/** One number for each of this replica's virtual shards, [V]. */
function shardTable(
  b: GraphBuilder,
  plan: SamplingPlan,
  dtype: 'u32' | 'f32',
  pick: (shard: VirtualShard) => number,
): Value {
  const width = need(plan.devices[0], 'a device').length
  const numbers = plan.devices.flatMap((own) => own.map(pick))
  const data = dtype === 'u32' ? Uint32Array.from(numbers) : Float32Array.from(numbers)
  const values = ops.constant(b, { dtype, shape: [plan.devices.length, width] }, data)
  const replica = ops.convert(b, ops.replicaId(b), 'i32')
  return ops.reshape(b, ops.dynamicSlice(b, values, [replica, 0], [1, width]), [width])
}

/**
 * i32 [B]: the virtual shard of each row: the number of shards that start at or before it, minus one. Empty shards share a start.
 */
function shardOf(b: GraphBuilder, rows: Value, starts: Value): Value {
  const shape = [rows.type.shape[0] ?? 0, starts.type.shape[0] ?? 0]
  const begun = ops.compare(b, 'LE', ops.broadcastVector(b, starts, shape, 1), ops.broadcastVector(b, rows, shape, 0))
  return ops.subtract(b, ops.sumOver(b, ops.convert(b, begun, 'i32'), [1]), 1)
}

/** i32 [B]: the first row of the batch with the same label. */
function firstOccurrence(b: GraphBuilder, labels: Value): Value {
  const batch = labels.type.shape[0] ?? 0
  const shape = [batch, batch]
  const equal = ops.compare(b, 'EQ', ops.broadcastVector(b, labels, shape, 0), ops.broadcastVector(b, labels, shape, 1))
  const index = ops.iota(b, { dtype: 'i32', shape }, 1)
  return ops.minOver(b, ops.select(b, equal, index, batch), [1])
}
