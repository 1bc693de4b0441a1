/**
 * The evaluation graph: images → embeddings of the images and, if wanted, of their mirror images, with running statistics.
 *
 * Legend: b images of one device, H W height and width, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { Backbone } from '../experiment/experiment.ts'
import { GraphBuilder } from '../ir/build.ts'
import type { DType } from '../ir/dtype.ts'
import type { Graph, Value } from '../ir/graph.ts'
import type { StateTensor } from '../ir/state-tensor.ts'
import { applyBackbone } from './backbone.ts'
import { type ImageDType, mirrorImages, normalizeImages } from './images.ts'
import { namedValues } from './stored-values.ts'

export interface EmbedOptions {
  readonly replicas: number
  readonly batch: number
  readonly compute: DType
  readonly images: ImageDType
  /** Whether the mirror images are embedded, too. */
  readonly mirrored: boolean
}

export function buildEmbed(state: readonly StateTensor[], backbone: Backbone, options: EmbedOptions): Graph {
  const b = new GraphBuilder('embed', options.replicas)
  return b.within({ phase: 'evaluate' }, () => {
    const stored = new Map(state.map((tensor) => [tensor.name, b.input(tensor.name, tensor)]))
    const weights = namedValues(b, state, (name) => need(stored.get(name), name))
    const given = b.input('images', { dtype: options.images, shape: [options.batch, ...backbone.input] })
    const images = options.images === 'u8' ? normalizeImages(b, given) : given
    const embed = (x: Value) =>
      applyBackbone(b, backbone, x, { mode: 'evaluate', compute: options.compute, weights }).embeddings
    return b.finish([
      { name: 'embeddings', value: embed(images) },
      ...(options.mirrored ? [{ name: 'mirrored', value: embed(mirrorImages(b, images)) }] : []),
    ])
  })
}
