/**
 * Embeds the pictures of a set in IJB's layout and scores its pairs and, if wanted, its probes.
 *
 * Legend: M pictures, T templates, D embedding width, P pairs.
 */
import { type Embedder, embedEach } from '../embed-pairs.ts'
import { evaluateErrors } from '../messages.ts'
import type { EmbeddedImages } from '../rounds.ts'
import { type Identification, type IdentificationLists, identify } from './identification.ts'
import type { IjbSet } from './ijb-set.ts'
import { type IjbRoc, ijbRoc } from './nearest-far.ts'
import { pairScores } from './pair-scores.ts'
import { combine, createTemplatePool, type IjbOptions } from './template-pool.ts'

export interface IjbRequest {
  readonly set: IjbSet
  /** Reads the pictures of the set; it has `verificationSlots` slots for the images of all devices. */
  readonly loader: EmbeddedImages['loader']
  readonly options: IjbOptions
  /** For 1:N identification. */
  readonly lists?: IdentificationLists | undefined
  /** Called with the number of embedded pictures. */
  readonly onProgress?: (done: number) => void
}

export interface IjbResult extends IjbRoc {
  /** f64[P]. */
  readonly scores: Float64Array
  /** Mean norm of the embeddings of images and, if they are used, of mirror images. */
  readonly xnorm: number
  readonly identification: Identification | undefined
}

/** After an abort of the embedder's signal, throws its reason. Throws ARC6301 if an embedding is not finite, and errors of pictures. */
export async function evaluateIjb(embedder: Embedder, request: IjbRequest): Promise<IjbResult> {
  const { set, loader, options, lists, onProgress } = request
  const { network, signal } = embedder
  const { embedding: dim } = network
  const pool = createTemplatePool(set, dim)
  const row = new Float32Array(dim)
  let norms = 0
  await embedEach(embedder, { pairs: set, loader }, (first, [original, mirrored]) => {
    const rows = (original?.length ?? 0) / dim
    for (let r = 0; r < rows; r++) {
      const [from, to] = [r * dim, (r + 1) * dim]
      const own = original?.subarray(from, to) ?? row
      const other = mirrored?.subarray(from, to)
      checkFinite(own, 'picture', first + r)
      if (other !== undefined) checkFinite(other, 'mirrored picture', first + r)
      combine(own, other, set.detector[first + r] ?? 0, options, row)
      norms += meanNorm(own, other)
      pool.add(row)
    }
    onProgress?.(first + rows)
  })
  const templates = pool.templates()
  const scores = await pairScores(templates, dim, set, signal)
  return {
    ...ijbRoc(scores, set.same),
    scores,
    xnorm: norms / set.images,
    identification: lists && (await identify(templates, dim, lists, signal)),
  }
}

function checkFinite(values: Float32Array, which: string, index: number): void {
  for (const [dim, value] of values.entries())
    if (!Number.isFinite(value)) throw evaluateErrors('ARC6301', { dim, which, index, value })
}

/** Of the embeddings of an image and of its mirror image, if there is one. */
function meanNorm(...all: readonly (Float32Array | undefined)[]): number {
  const known = all.filter((values) => values !== undefined)
  return known.reduce((sum, values) => sum + Math.hypot(...values), 0) / known.length
}
