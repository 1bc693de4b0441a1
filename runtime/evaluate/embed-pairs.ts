/**
 * Embeds the pictures of a verification set on all devices and verifies it.
 *
 * Legend: M pictures, b pictures of one device in one go, D embedding width.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { PairSet } from '../data/pairs.ts'
import type { DeviceTensor, Engine, Executable } from '../engine.ts'
import { type Verification, verify } from './verification.ts'

export interface Embedder {
  readonly engine: Engine
  /** The compiled `embed` graph. */
  readonly executable: Executable
  readonly plan: Plan
  /** The weights and buffers of each replica, in the order that `embed` wants; they stay the caller's. */
  readonly weights: readonly (readonly DeviceTensor[])[]
}

/** Embeddings of pictures and of their mirror images, f32 [M,D] each. */
export async function embedPictures(
  embedder: Embedder,
  pictures: PairSet,
): Promise<{ readonly original: Float32Array; readonly mirrored: Float32Array }> {
  const { plan, engine, executable } = embedder
  const { embedBatch: b, embedding: width, image } = plan.run
  const pictureBytes = image[0] * image[1] * image[2]
  const original = new Float32Array(pictures.images * width)
  const mirrored = new Float32Array(pictures.images * width)
  for (let first = 0; first < pictures.images; first += b * plan.replicas) {
    const uploads: DeviceTensor[] = []
    for (let replica = 0; replica < plan.replicas; replica++) {
      // Rows beyond the last picture stay black; their embeddings are not read.
      const data = new Uint8Array(b * pictureBytes)
      for (let row = 0; row < b; row++) {
        const picture = first + replica * b + row
        if (picture < pictures.images) await pictures.read(picture, data, row * pictureBytes)
      }
      uploads.push(await engine.upload(replica, { dtype: 'u8', shape: [b, ...image], data }))
    }
    const outputs = await executable.run(
      uploads.map((images, r) => [...need(embedder.weights[r], 'weights of a replica'), images]),
    )
    for (const images of uploads) images.dispose()
    for (const [replica, tensors] of outputs.entries()) {
      const start = first + replica * b
      const rows = Math.max(0, Math.min(b, pictures.images - start))
      const [plain, mirror] = await Promise.all(tensors.map((tensor) => tensor.read()))
      for (const tensor of tensors) tensor.dispose()
      copyRows(need(plain, 'embeddings').data, original, start, rows, width)
      copyRows(need(mirror, 'embeddings').data, mirrored, start, rows, width)
    }
  }
  return { original, mirrored }
}

function copyRows(from: unknown, to: Float32Array, start: number, rows: number, width: number): void {
  if (!(from instanceof Float32Array)) bug('embeddings are not f32')
  if (rows === 0) return
  to.set(from.subarray(0, rows * width), start * width)
}

export async function verifyPairs(embedder: Embedder, pairs: PairSet): Promise<Verification> {
  const embeddings = await embedPictures(embedder, pairs)
  return verify({ ...embeddings, dim: embedder.plan.run.embedding, pairs: pairs.pairs, same: pairs.same })
}
