/**
 * The graph of a trained network for programs outside of arcc: images → embeddings, with one input for each tensor of the state
 * dict. It is built for two batch sizes: what differs between them depends on the number of images.
 *
 * Legend: b images, H W C height, width and channels of an image, D embedding width.
 */

import { need } from '../../grammar/diagnostic.ts'
import type { Backbone } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import type { Precision } from '../ir/dtype.ts'
import type { Graph } from '../ir/graph.ts'
import type { NamedTensor } from '../ir/state-tensor.ts'
import { backboneParameters } from '../step/backbone.ts'

/** Primes that are hardly ever another size of a network. */
const batches = [1009, 1013] as const

/** The input for the images; a name that no parameter should have. */
export const imagesInput = '<images>'

export interface InferenceGraph {
  /** The name of the backbone: `r50`. */
  readonly backbone: string
  /** [H,W,C] */
  readonly image: readonly [number, number, number]
  /** D. */
  readonly embedding: number
  /** The inputs of the graphs before the images, in this order: weights and running statistics. */
  readonly weights: readonly NamedTensor[]
  /** Weights f32, images f32 [b,H,W,C] in [-1, 1] → embeddings f32 [b,D]; the same ops for `batches[0]` and `batches[1]` images. */
  readonly graphs: readonly [Graph, Graph]
  readonly batches: readonly [number, number]
}

/** `compute` is the type of convolutions and products. `undefined` if the shapes of the backbone do not fit each other for these numbers of images. */
export function inferenceGraph(backbone: Backbone, compute: Precision): InferenceGraph | undefined {
  const parameters = backboneParameters(backbone)
  if (parameters === undefined) return undefined
  const weights = parameters.specs.map(({ path, shape, layout }): NamedTensor => ({ name: path, shape, layout }))
  const build = (batch: number): Graph | undefined => {
    const b = new GraphBuilder('inference', 1)
    return b.within({ phase: 'evaluate' }, () => {
      const given = new Map(weights.map(({ name, shape }) => [name, b.input(name, { dtype: 'f32', shape })]))
      const images = b.input(imagesInput, { dtype: 'f32', shape: [batch, ...backbone.input] })
      const embeddings = backbone.apply(
        {
          builder: b,
          mode: 'evaluate',
          compute,
          parameter: ({ path }) => need(given.get(path), `parameter ${path}`),
          update() {},
        },
        images,
      )
      return embeddings === undefined ? undefined : b.finish([{ name: 'embeddings', value: embeddings }])
    })
  }
  const [one, other] = [build(batches[0]), build(batches[1])]
  if (one === undefined || other === undefined) return undefined
  return {
    backbone: backbone.name,
    image: backbone.input,
    embedding: backbone.embedding,
    weights,
    graphs: [one, other],
    batches,
  }
}
