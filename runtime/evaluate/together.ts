/** Sets that the devices of all nodes embed: each node its part, with all embeddings at rank 0. */
import { alone } from '../peers/alone.ts'
import { createJoint, type Joint } from '../peers/joint.ts'
import type { Peers } from '../peers/peers.ts'
import { worldOf } from '../world.ts'
import { type Embedder, embedEach } from './embed-pairs.ts'
import { createExchange } from './exchange.ts'
import type { EmbeddedImages } from './rounds.ts'

/** Work on the embeddings of one set. */
export interface SharedWork<T> {
  /** What it is for people: "a verification". */
  readonly what: string
  readonly embedder: Embedder
  /** This node reads its part of them. */
  readonly images: EmbeddedImages
  /** Embeds all of the images with the embedder that it is given, which has all embeddings. */
  readonly work: (embedder: Embedder) => Promise<T>
}

export interface Together {
  /** What the nodes do together beside. */
  readonly joint: Joint
  /**
   * Rank 0 runs `work`, and the devices of all nodes embed for it; every node gets the result, or the error, which names the node that it
   * comes from. All nodes call it for the same sets in the same order. Results pass through JSON if there are several nodes. Only rank 0's
   * signal counts.
   */
  embed<T>(shared: SharedWork<T>): Promise<T>
}

/** A single process: `embed` runs the work. */
export function embedAlone(): Together {
  const peers = alone()
  return embedTogether(peers, createJoint(peers, 'alone'), 'alone')
}

/** `name` is used once per run. Every node has as many devices as this one. */
export function embedTogether(peers: Peers, joint: Joint, name: string): Together {
  let sets = 0
  return {
    joint,
    async embed({ what, embedder, images, work }) {
      if (peers.nodes === 1) return work(embedder)
      const { embedBatch, embedding: width } = embedder.network
      const isOver = new AbortController()
      const exchange = createExchange({
        peers,
        world: worldOf(embedder.engine.world.local * peers.nodes, peers),
        name: `${name}/${sets++}`,
        images: images.pairs.images,
        embedBatch,
        width,
        signal: isOver.signal,
      })
      const outcome = joint.first(what, () => work({ ...embedder, exchange }))
      if (peers.rank === 0) return outcome
      // What goes wrong here is thrown by the first node, to all.
      const part = embedEach({ ...embedder, exchange, signal: isOver.signal }, images, () => undefined)
      part.catch(() => undefined)
      try {
        return await outcome
      } finally {
        isOver.abort()
        await part.catch(() => undefined)
      }
    },
  }
}
