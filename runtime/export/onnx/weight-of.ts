/** Which tensor of the state dict a value is. */
import type { Value } from '../../../compiler/ir/graph.ts'
import { beforeConvert, producer } from '../../../compiler/ir/match.ts'
import { imagesInput } from '../../../compiler/plan/inference-graph.ts'

/** The name of the tensor of the state dict that a value is, perhaps as another type. */
export function weightOf(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined
  const op = producer(beforeConvert(value), 'input')
  return op === undefined || op.params.name === imagesInput ? undefined : op.params.name
}
