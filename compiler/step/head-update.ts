/**
 * The head with the optimizer in it: centers and their states are updated inside of the second pass. A `sparse` update touches
 * the rows of the step only. A `dense` one of a sample lays the gradient out over all rows first, since the others decay and keep
 * their momentum: it costs one more table.
 *
 * Legend: M center rows of one device, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { type HeadInput, type HeadResult, replicatedHead, shardedHead } from './head.ts'
import { type ChunkUpdate, centersTable, type Tables } from './head-passes.ts'
import { applyOptimizer, type Clock } from './update.ts'

const gradientTable = 'gradient'

/** `tables` are the centers and `centers.STATE` of each optimizer state, f32 [M,D]. */
export function buildHead(
  b: GraphBuilder,
  experiment: Experiment,
  clock: Clock,
  tables: Tables,
  input: Omit<HeadInput, 'tables' | 'update'>,
): HeadResult {
  const { centers, margin, train } = experiment
  const rules = {
    margin,
    gradient: centers.gradient,
    compute: train.precision,
    batch: train.batchPerDevice * b.replicas,
  }
  const build = centers.placement === 'shard' ? shardedHead : replicatedHead
  const update = optimizerUpdate(experiment, clock)
  if (input.sampling === undefined || centers.update === 'sparse') return build(b, rules, { ...input, tables, update })
  const zeros = ops.splat(b, 0, need(tables.get(centersTable), 'the centers').type)
  const result = build(b, rules, {
    ...input,
    tables: new Map([...tables, [gradientTable, zeros]]),
    update: storeGradient,
  })
  const gradient = need(result.tables.get(gradientTable), 'the gradient of the centers')
  return { ...result, tables: update.apply(b, update.clock, tables, gradient) }
}

function optimizerUpdate({ optimizer }: Experiment, clock: Clock): ChunkUpdate {
  const stateTable = (state: string) => `${centersTable}.${state}`
  return {
    clock: [clock.rate, clock.step],
    apply(b, [rate, step], parts, gradient) {
      const part = (name: string): Value => need(parts.get(name), name)
      const states = new Map(optimizer.states.map(({ name }) => [name, part(stateTable(name))]))
      const inside: Clock = { rate: need(rate, 'the rate'), step: need(step, 'the step') }
      const updated = applyOptimizer(b, optimizer, inside, { weight: part(centersTable), gradient, states })
      return new Map([
        [centersTable, updated.weight],
        ...Array.from(updated.states, ([name, value]) => [stateTable(name), value] as const),
      ])
    },
  }
}

/** Leaves centers and states alone and keeps the gradient for an update of all rows. */
const storeGradient: ChunkUpdate = {
  clock: [],
  apply: (_, __, parts, gradient) => new Map([...parts, [gradientTable, gradient]]),
}
