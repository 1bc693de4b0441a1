/** Small backbones on the reference evaluator, with weights and random numbers that a test chooses. */

import { GraphBuilder } from '../../compiler/ir/build.ts'
import { elementCount } from '../../compiler/ir/dtype.ts'
import * as ops from '../../compiler/ir/ops.ts'
import type { Elaboration } from '../../compiler/values/elaboration.ts'
import { type Diagnostic, need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { numbersOf } from './host-tensor.ts'
import { evaluate } from './reference.ts'
import { resolveBody } from './resolve.ts'

export interface RunBackbone {
  /** Declares `mine`, on images [H,W,C]. */
  readonly declarations: string
  readonly mode: Elaboration['mode']
  /** Pixels of the images, [N,H,W,C]. */
  readonly images: readonly number[]
  /** Weights by path; those that are left out are 0. */
  readonly weights?: Readonly<Record<string, readonly number[]>>
  /** Numbers that `random` draws, by path; asked for only in training. */
  readonly random?: Readonly<Record<string, readonly number[]>>
}

/** The embeddings [N,D], row by row; diagnostics where there are errors. */
export function runBackbone(options: RunBackbone): readonly number[] | readonly Diagnostic[] {
  const { declarations, mode, images, weights = {}, random = {} } = options
  const { experiment, diagnostics } = resolveBody('  backbone = mine', declarations)
  if (experiment === undefined) return diagnostics
  const { backbone } = experiment
  const b = new GraphBuilder('backbone', 1)
  const shape = [images.length / elementCount(backbone.input), ...backbone.input]
  const inputs: HostTensor[] = []
  const give = (own: readonly number[], data: readonly number[] | undefined) => {
    inputs.push({ dtype: 'f32', shape: own, data: Float32Array.from(data ?? Array(elementCount(own)).fill(0)) })
    return b.input(`input ${inputs.length}`, { dtype: 'f32', shape: own })
  }
  const given = give(shape, images)
  const embeddings = backbone.apply(
    {
      builder: b,
      mode,
      compute: 'f32',
      parameter: (spec) => give(spec.shape, weights[spec.path]),
      random: (path, wanted) => {
        const data = Float32Array.from(need(random[path], `random numbers of ${path}`))
        return ops.constant(b, { dtype: 'f32', shape: wanted }, data)
      },
      update() {},
    },
    given,
  )
  const graph = b.finish([{ name: 'embeddings', value: need(embeddings, 'embeddings') }])
  const [results = []] = evaluate(graph, [inputs])
  return numbersOf(need(results[0], 'embeddings'))
}
