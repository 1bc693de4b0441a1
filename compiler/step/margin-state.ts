/** What a margin keeps and learns between steps: one number each, equal on all devices. */
import { need } from '../../grammar/diagnostic.ts'
import type { ChosenExperiment, Margin } from '../experiment/experiment.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import * as ops from '../ir/ops.ts'
import { type StateSlot, wholeSlot } from './state.ts'
import { applyOptimizer, type Clock, selectAll } from './update.ts'

type Trained = Pick<ChosenExperiment, 'margin' | 'optimizer' | 'undecayed'>

/** Learned numbers are updated like biases. */
function optimizerOf({ optimizer, undecayed }: Trained) {
  return undecayed ?? optimizer
}

/** States, learned numbers, and the optimizer states of those, in a run with this many classes. */
export function marginSlots(experiment: Trained, classes: number): readonly StateSlot[] {
  const { states, learned, firstValues } = experiment.margin
  const first = need(firstValues(classes), 'the first values of the margin')
  const slot = (name: string, role: 'margin' | 'optimizer', value: number) =>
    wholeSlot({ name, role, shape: [], dtype: 'f32', placement: 'replicated' }, { kind: 'constant', value })
  return [
    ...[...states, ...learned].map((name) => slot(name, 'margin', need(first.get(name), name))),
    ...learned.flatMap((name) =>
      optimizerOf(experiment).states.map((state) => slot(`${name}.${state.name}`, 'optimizer', state.initial)),
    ),
  ]
}

/** What the margin keeps and learns, by full name. */
export function keptOf({ states, learned }: Margin, get: (name: string) => Value): ReadonlyMap<string, Value> {
  return new Map([...states, ...learned].map((name) => [name, get(name)]))
}

export interface MarginResult {
  /** The new states. */
  readonly states: ReadonlyMap<string, Value>
  /** The gradients of the learned numbers. */
  readonly learned: ReadonlyMap<string, Value>
  /** f32 [] */
  readonly loss: Value
}

/**
 * The tensors of `marginSlots` after a step. With f16, an embedding may overflow; nothing is kept of such a step, as in the centers.
 */
export function updateMargin(
  b: GraphBuilder,
  experiment: Trained & Pick<ChosenExperiment, 'train'>,
  clock: Clock,
  get: (name: string) => Value,
  result: MarginResult,
): ReadonlyMap<string, Value> {
  const next = new Map(result.states)
  const optimizer = optimizerOf(experiment)
  for (const name of experiment.margin.learned) {
    const weight = get(name)
    const gradient = result.learned.get(name) ?? ops.splat(b, 0, weight.type)
    const states = new Map(optimizer.states.map((state) => [state.name, get(`${name}.${state.name}`)]))
    const updated = applyOptimizer(b, optimizer, clock, { weight, gradient, states, norms: 'whole' })
    next.set(name, updated.weight)
    for (const [state, value] of updated.states) next.set(`${name}.${state}`, value)
  }
  if (next.size === 0 || experiment.train.precision !== 'f16') return next
  const finite = ops.finite(b, result.loss)
  return new Map(Array.from(next, ([name, value]) => [name, selectAll(b, finite, value, get(name))]))
}
