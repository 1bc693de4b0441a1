/**
 * The head including the optimizer: centers and their states are updated inside the second pass. A `sparse` update changes only
 * the rows of the step. A `dense` update of a sample first scatters the gradient over all rows, since the others decay and keep
 * their momentum: it costs one more table.
 *
 * Legend: M center rows of one device, k rows of one chunk, D their width: the embedding width times the centers of a class.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { SettledExperiment } from '../experiment/experiment.ts'
import { batchPerDevice } from '../experiment/lengths.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { centersTable } from '../ir/state-tensor.ts'
import {
  centerState,
  loadTable,
  type RoundingKey,
  roundingStep,
  type Storage,
  storeTable,
  type Tables,
} from './center-storage.ts'
import { firstClass, type HeadInput, type HeadResult, replicatedHead, shardedHead } from './head.ts'
import type { ChunkParts, ChunkUpdate } from './head-passes.ts'
import { applyOptimizer, type Clock, selectAll } from './update.ts'

const gradientTable = 'gradient'

/** The head reads and writes `tables`: the tensors of `centers` and of `centers.STATE` for each optimizer state. */
export function buildHead(
  b: GraphBuilder,
  experiment: SettledExperiment,
  clock: Clock,
  tables: Tables,
  input: Omit<HeadInput, 'tables' | 'update'> & { readonly step: Value },
): HeadResult {
  const { centers, margin, train } = experiment
  const rules = {
    margin,
    gradient: centers.gradient,
    compute: train.precision,
    perClass: centers.perClass,
    batch: batchPerDevice(experiment) * b.replicas,
    smoothing: train.labelSmoothing,
  }
  const build = centers.placement === 'shard' ? shardedHead : replicatedHead
  const update = (loss: Value) => optimizerUpdate(b, experiment, { ...input, clock, loss })
  if (input.sampling === undefined || centers.update === 'sparse') return build(b, rules, { ...input, tables, update })
  const { shape } = need(tables.get(centersTable), 'the centers').type
  const result = build(b, rules, {
    ...input,
    tables: new Map([...tables, [gradientTable, ops.splat(b, 0, { dtype: 'f32', shape })]]),
    update: () => storeGradient,
  })
  const gradient = need(result.tables.get(gradientTable), 'the gradient of the centers')
  const { given, apply } = update(result.loss)
  const rows = ops.iota(b, { dtype: 'i32', shape: [shape[0] ?? 0] }, 0)
  return { ...result, tables: apply(b, given, { rows, parts: tables, gradient }) }
}

interface UpdateInput {
  readonly clock: Clock
  readonly shards: HeadInput['shards']
  /** i32 [], counted from 0. */
  readonly step: Value
  readonly loss: Value
}

function optimizerUpdate(
  b: GraphBuilder,
  { centersOptimizer: optimizer, centers, train }: SettledExperiment,
  input: UpdateInput,
): ChunkUpdate {
  const { clock, loss } = input
  const narrow = centers.weights !== 'f32' || centers.state !== 'f32'
  const rounding = narrow ? [roundingStep(b, train.seed, input.step), firstClass(b, input.shards)] : []
  // With f16, an embedding may overflow; nothing is learned from such a step. `loss-scale.ts` explains why this check is
  // sufficient.
  const guard = train.precision === 'f16' ? [loss] : []
  const load = (inner: GraphBuilder, parts: Tables, name: string, storage: Storage) =>
    loadTable(inner, name, storage, parts)
  return {
    given: [clock.rate, clock.step, ...rounding, ...guard],
    apply(inner, [rate, step, ...more], { rows, parts, gradient }) {
      const weight = load(inner, parts, centersTable, centers.weights)
      const states = new Map(
        optimizer.states.map(({ name }) => [name, load(inner, parts, centerState(name), centers.state)]),
      )
      const inside: Clock = { rate: need(rate, 'the rate'), step: need(step, 'the step') }
      const updated = applyOptimizer(inner, optimizer, inside, { weight, gradient, states, norms: 'rows' })
      const key = narrow ? roundingKey(inner, rows, need(more[0], 'a key'), need(more[1], 'a class')) : undefined
      const stored = new Map([
        ...storeTable(inner, centersTable, centers.weights, updated.weight, key),
        ...Array.from(updated.states).flatMap(([name, value]) =>
          storeTable(inner, centerState(name), centers.state, value, key),
        ),
      ])
      return guard.length === 0 ? stored : whereFinite(inner, need(more.at(-1), 'the loss'), stored, parts)
    },
  }
}

function roundingKey(b: GraphBuilder, rows: Value, step: Value, first: Value): RoundingKey {
  const classes = ops.convert(b, rows, 'u32')
  return { step, classes: ops.add(b, classes, ops.broadcastScalar(b, first, classes.type.shape)) }
}

/** The new parts, or the old ones if the number is not finite. */
function whereFinite(b: GraphBuilder, number: Value, after: Tables, before: Tables): Tables {
  const finite = ops.finite(b, number)
  return new Map(
    Array.from(after, ([name, value]) => [name, selectAll(b, finite, value, need(before.get(name), name))]),
  )
}

/** Leaves centers and states unchanged and keeps the gradient for an update of all rows. */
const storeGradient: ChunkUpdate = {
  given: [],
  apply: (_, __, { parts, gradient }: ChunkParts) => new Map([...parts, [gradientTable, gradient]]),
}
