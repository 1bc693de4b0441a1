/** Whether an optimizer treats every element of a weight independently, so that several weights can be updated as one tensor. */
import type { Optimizer } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import { ruleCost } from '../ir/cost-rules.ts'

/**
 * True for momentum, weight decay and Adam's moments; false if a norm over the weight or its gradient is used. It may depend on the
 * number of dims: LARS has no norms of vectors.
 */
export function isElementwise(optimizer: Optimizer, shape: readonly number[] = [2]): boolean {
  const b = new GraphBuilder('probe', 1)
  const vector = (name: string) => b.input(name, { dtype: 'f32', shape })
  const scalar = (name: string) => b.input(name, { dtype: 'f32', shape: [] })
  optimizer.update(b, {
    weight: vector('weight'),
    gradient: vector('gradient'),
    rate: scalar('rate'),
    step: scalar('step'),
    states: new Map(optimizer.states.map(({ name }) => [name, vector(name)])),
  })
  return b.ops.every((op) => {
    if (op.kind === 'broadcast_in_dim') return op.operands.every((operand) => operand.type.shape.length === 0)
    return op.kind === 'input' || op.kind === 'constant' || ruleCost(op, 1).class === 'elementwise'
  })
}
