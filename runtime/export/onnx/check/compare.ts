/**
 * Compares the embeddings of an exported network with arcc's.
 *
 * Legend: M pictures, H W C their height, width and channels, D embedding width.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ImageShape, imageBytes } from '../../../data/image.ts'
import type { ModelType, Preprocess } from '../choices.ts'
import { onnxErrors } from '../messages.ts'
import { checkedBatches } from './check-pictures.ts'
import type { OnnxRuntime } from './onnx-runtime.ts'

export interface Agreement {
  /** The largest ‖a − b‖ / ‖a‖ of a picture, a being arcc's embedding. */
  readonly deviation: number
  /** The smallest cosine of both embeddings of a picture. */
  readonly cosine: number
}

/** f32 [M,C,H,W] from u8 [M,H,W,C]: as bytes, or in [-1, 1]. */
export function modelInput(pixels: Uint8Array, shape: ImageShape, preprocess: Preprocess): Float32Array {
  const [height, width, channels] = shape
  const area = height * width
  const input = new Float32Array(pixels.length)
  for (let i = 0; i < pixels.length; i++) {
    const byte = pixels[i] ?? 0
    const picture = Math.floor(i / (area * channels))
    const inside = i % (area * channels)
    const at = picture * area * channels + (inside % channels) * area + Math.floor(inside / channels)
    input[at] = preprocess === 'inside' ? byte : (byte - 127.5) / 127.5
  }
  return input
}

/** The embeddings f32 [M,D] of a model, computed in batches of 1 and 7. Files are written to `folder`. Throws ARC6806. */
export async function runModel(
  runtime: OnnxRuntime,
  model: string,
  input: Float32Array,
  { shape: [height, width, channels], folder }: { readonly shape: ImageShape; readonly folder: string },
): Promise<Float32Array> {
  const size = imageBytes([height, width, channels])
  let first = 0
  const tasks = []
  for (const [i, batch] of checkedBatches.entries()) {
    const task = { input: join(folder, `input-${i}`), output: join(folder, `output-${i}`) }
    const part = input.subarray(first * size, (first + batch) * size)
    await writeFile(task.input, new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
    tasks.push({ ...task, shape: [batch, channels, height, width] })
    first += batch
  }
  await runtime.run(model, tasks)
  const parts = await Promise.all(tasks.map(({ output }) => readFile(output)))
  const bytes = Uint8Array.from(Buffer.concat(parts))
  return new Float32Array(bytes.buffer)
}

/** How far two lists of embeddings f32 [M,D] are apart. */
export function agreement(own: Float32Array, other: Float32Array, width: number): Agreement {
  let deviation = own.length === other.length ? 0 : Number.NaN
  let cosine = 1
  for (let start = 0; start < own.length; start += width) {
    let [apart, product, ownSquare, otherSquare] = [0, 0, 0, 0]
    for (let i = start; i < start + width; i++) {
      const [a, b] = [own[i] ?? Number.NaN, other[i] ?? Number.NaN]
      apart += (a - b) ** 2
      product += a * b
      ownSquare += a * a
      otherSquare += b * b
    }
    // Math.max and Math.min keep what is not a number.
    deviation = Math.max(deviation, apart === 0 ? 0 : Math.sqrt(apart / ownSquare))
    cosine = Math.min(cosine, apart === 0 ? 1 : product / Math.sqrt(ownSquare * otherSquare))
  }
  return { deviation, cosine }
}

/** Throws ARC6807 unless the embeddings agree within `tolerance`, ARC6811 if one of them is not finite. */
export function checkAgreement(
  own: Float32Array,
  other: Float32Array,
  width: number,
  { tolerance, type }: { readonly tolerance: number; readonly type: ModelType },
): Agreement {
  if (!own.every(Number.isFinite)) throw onnxErrors('ARC6811', { whose: "arcc's engine", type: 'f32' })
  if (!other.every(Number.isFinite)) throw onnxErrors('ARC6811', { whose: 'the exported network', type })
  const found = agreement(own, other, width)
  if (!(found.deviation <= tolerance))
    throw onnxErrors('ARC6807', { deviation: found.deviation.toPrecision(2), tolerance })
  return found
}
