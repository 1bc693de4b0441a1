/** Handwritten margins, for tests of the head without `.arc`. */
import type { Margin } from '../../compiler/experiment/experiment.ts'
import * as ops from '../../compiler/ir/ops.ts'
import type { Span } from '../../grammar/source.ts'

const span: Span = { source: { path: 'test.arc', text: '' }, start: 0, end: 0 }

const nothing = { reads: new Set<string>(), varying: new Set<string>() }

/** cos(acos(z) + m), and optionally every other cosine above `filter` replaced by 0. */
export function arcfaceMargin(m: number, scale: number, filter?: number): Margin {
  return {
    name: 'arcface',
    text: `arcface(m: ${m} rad, scale: ${scale})`,
    scale,
    loss: 'softmax',
    states: [],
    learned: [],
    firstValues: () => new Map(),
    needs: { target: nothing, other: nothing, penalty: nothing, update: nothing },
    penalty: undefined,
    update: undefined,
    target: (b, cos) => ops.cosine(b, ops.add(b, ops.acos(b, cos), m)),
    other:
      filter === undefined
        ? undefined
        : (b, cos) => ops.select(b, ops.compare(b, 'GT', cos, filter), ops.splat(b, 0, cos.type), cos),
    span,
  }
}
