/**
 * Embeddings of pictures → embeddings of templates, as `image2template_feature` of arcface_torch's `eval_ijbc.py`: the mean within a
 * medium, the sum over the media, L2 normalized. Sums and means are in f32 and in its order, so that they are the same to the last bit.
 *
 * Legend: M pictures, T templates, D embedding width.
 */
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { IjbTemplates } from './ijb-set.ts'

export interface TemplatePool {
  /** Adds the embedding f32[D] of the next picture, which is copied. */
  add(embedding: Float32Array): void
  /** f64[T,D], after all pictures; a template of embeddings that cancel out is 0. */
  templates(): Float64Array
}

/** Embeddings of the pictures of a template that is not complete yet. */
interface Open {
  readonly rows: Float32Array
  readonly media: Uint32Array
  count: number
}

/**
 * Pictures come in their order. A template's embeddings are kept until its last picture has come: in the files of IJB the pictures of a
 * template follow each other.
 */
export function createTemplatePool({ template, medium, templates }: IjbTemplates, dim: number): TemplatePool {
  const sizes = new Uint32Array(templates.length)
  for (const t of template) sizes[t] = (sizes[t] ?? 0) + 1
  const open = new Map<number, Open>()
  const pooled = new Float64Array(templates.length * dim)
  let next = 0
  return {
    add(embedding) {
      const t = template[next] ?? bug(`picture ${next} of a set of ${template.length}`)
      const size = sizes[t] ?? 0
      const own = open.get(t) ?? { rows: new Float32Array(size * dim), media: new Uint32Array(size), count: 0 }
      own.rows.set(embedding, own.count * dim)
      own.media[own.count++] = medium[next] ?? 0
      next++
      if (own.count < size) {
        open.set(t, own)
        return
      }
      open.delete(t)
      normalize(sumOfMedia(own, dim), pooled.subarray(t * dim, (t + 1) * dim))
    },
    templates() {
      if (next !== template.length) bug(`${next} of ${template.length} pictures`)
      return pooled
    },
  }
}

/** The sum over the media, in ascending order, of the mean of their pictures: f32[D]. */
function sumOfMedia({ rows, media }: Open, dim: number): Float32Array {
  const total = new Float32Array(dim)
  const mean = new Float32Array(dim)
  for (const one of Uint32Array.from(new Set(media)).sort()) {
    let count = 0
    mean.fill(0)
    for (const [i, own] of media.entries()) {
      if (own !== one) continue
      const at = i * dim
      for (let d = 0; d < dim; d++) mean[d] = (mean[d] ?? 0) + (rows[at + d] ?? 0)
      count++
    }
    for (let d = 0; d < dim; d++) total[d] = (total[d] ?? 0) + Math.fround((mean[d] ?? 0) / count)
  }
  return total
}

function normalize(from: Float32Array, to: Float64Array): void {
  let square = 0
  for (const value of from) square += value * value
  const norm = square > 0 ? Math.sqrt(square) : 1
  for (const [d, value] of from.entries()) to[d] = value / norm
}

/** What goes into a template's embedding, as the switches of `eval_ijbc.py`. */
export interface IjbOptions {
  /** Whether the embedding of the mirror image is added (F2). */
  readonly mirrored: boolean
  /** Whether the embedding keeps its norm (N1), which weights the pictures of a template. */
  readonly norm: boolean
  /** Whether it is multiplied by the detector's score (D1). */
  readonly detector: boolean
}

export const usualIjbOptions: IjbOptions = { mirrored: true, norm: true, detector: true }

/** Writes the embedding f32[D] of a picture, from those of the image and of its mirror image and the detector's score, to `out`. */
export function combine(
  original: Float32Array,
  mirrored: Float32Array | undefined,
  score: number,
  options: IjbOptions,
  out: Float32Array,
): void {
  const other = options.mirrored ? need(mirrored, 'the embedding of the mirror image') : undefined
  for (const [d, value] of original.entries()) out[d] = value + (other?.[d] ?? 0)
  if (!options.norm) {
    let square = 0
    for (const value of out) square += Math.fround(value * value)
    const norm = Math.fround(Math.sqrt(Math.fround(square)))
    for (const [d, value] of out.entries()) out[d] = value / norm
  }
  if (options.detector) for (const [d, value] of out.entries()) out[d] = value * score
}
