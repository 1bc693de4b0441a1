/** What an optimizer's update looks at, found out by applying it to a small weight. */
import type { Optimizer } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import { ruleCost } from '../ir/cost-rules.ts'

function probe(optimizer: Optimizer, shape: readonly number[]) {
  const b = new GraphBuilder('probe', 1)
  const vector = (name: string) => b.input(name, { dtype: 'f32', shape })
  const scalar = (name: string) => b.input(name, { dtype: 'f32', shape: [] })
  const step = scalar('step')
  const { weight, states } = optimizer.update(b, {
    weight: vector('weight'),
    gradient: vector('gradient'),
    rate: scalar('rate'),
    step,
    states: new Map(optimizer.states.map(({ name }) => [name, vector(name)])),
    norms: 'whole',
  })
  const outputs = [weight, ...states.values()].map((value, i) => ({ name: `${i}`, value }))
  return { ops: b.finish(outputs).ops, step }
}

/**
 * Whether an optimizer treats every element of a weight independently, so that several weights can be updated as one tensor. True
 * for momentum, weight decay and Adam's moments; false if a norm over the weight or its gradient is used. It may depend on the
 * number of dims: LARS has no norms of vectors.
 */
export function isElementwise(optimizer: Optimizer, shape: readonly number[] = [2]): boolean {
  return probe(optimizer, shape).ops.every((op) => {
    if (op.kind === 'broadcast_in_dim') return op.operands.every((operand) => operand.type.shape.length === 0)
    return op.kind === 'input' || op.kind === 'constant' || ruleCost(op, 1).class === 'elementwise'
  })
}

/** Whether the update depends on the number of the step, as Adam's bias correction does. */
export function readsStep(optimizer: Optimizer): boolean {
  const { ops, step } = probe(optimizer, [2, 2])
  return ops.some((op) => op.operands.includes(step))
}
