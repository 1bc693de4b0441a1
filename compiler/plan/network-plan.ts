/**
 * A trained network without its experiment: the graph that embeds images, and the weights that it needs. Verification, export and
 * embedding use it where there is no training.
 *
 * Legend: b images of one device, H W C height, width and channels of an image, D embedding width.
 */
import type { Backbone } from '../experiment/experiment.ts'
import type { DeviceKind } from '../ir/device-kind.ts'
import { deviceTraits } from '../ir/device-traits.ts'
import type { DType } from '../ir/dtype.ts'
import type { Graph } from '../ir/graph.ts'
import type { StateTensor } from '../ir/state-tensor.ts'
import { backboneParameters } from '../step/backbone.ts'
import { buildEmbed } from '../step/embed.ts'
import { backboneSlots } from '../step/state.ts'
import type { EmbedShape } from './plan.ts'

export interface NetworkPlan extends EmbedShape {
  /** The name of the backbone: `r50`. */
  readonly backbone: string
  /** World size. */
  readonly replicas: number
  /** The inputs before the images, replicated. */
  readonly state: readonly StateTensor[]
  /** Whether the mirror images are embedded, too. */
  readonly mirrored: boolean
  /** State, images u8 [b,H,W,C] → embeddings f32 [b,D], and those of the mirror images if `mirrored`. */
  readonly embed: Graph
}

export interface NetworkOptions {
  readonly replicas: number
  /** b. */
  readonly batch: number
  /** The type of convolutions and products. */
  readonly compute: DType
  readonly device: DeviceKind
  readonly mirrored: boolean
}

/** `undefined` if the shapes of the backbone do not fit, which has been reported where it was elaborated. */
export function networkPlan(backbone: Backbone, options: NetworkOptions): NetworkPlan | undefined {
  const parameters = backboneParameters(backbone)
  if (parameters === undefined) return undefined
  const { replicas, batch, compute, device, mirrored } = options
  const slots = backboneSlots(parameters.specs, {
    ruleOf: () => undefined,
    isFrozenBuffer: () => true,
    synced: true,
    filters: deviceTraits[device].filters,
  })
  const state = slots.map(({ tensor }) => tensor)
  return {
    backbone: backbone.name,
    replicas,
    state,
    mirrored,
    embed: buildEmbed(state, backbone, { replicas, batch, compute, images: 'u8', mirrored }),
    embedBatch: batch,
    image: backbone.input,
    embedding: backbone.embedding,
  }
}
