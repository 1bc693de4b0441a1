/** Verifies a checkpoint completely: hashes, format, every class once, and every number finite. */
import type { DType } from '../../compiler/ir/dtype.ts'
import type { HostArray } from '../engine.ts'
import { ArccError } from '../errors.ts'
import type { Manifest } from './manifest.ts'
import { openCheckpoint } from './open-checkpoint.ts'
import { sourceStream } from './source-stream.ts'

export interface Verification {
  readonly path: string
  /** Missing if it cannot be opened. */
  readonly manifest?: Manifest
  readonly tensors: number
  /** What is wrong, one line each; none if it is intact. */
  readonly faults: readonly string[]
}

/** Errors are in the result. */
export async function verifyCheckpoint(path: string): Promise<Verification> {
  try {
    const checkpoint = await openCheckpoint(path)
    try {
      const faults: string[] = []
      for (const [name, type] of checkpoint.types) {
        let count = 0
        for await (const piece of sourceStream(checkpoint, name, type).pieces()) count += notFinite(type.dtype, piece)
        if (count > 0) faults.push(`${name} has ${count} elements that are not finite`)
      }
      return { path, manifest: checkpoint.manifest, tensors: checkpoint.types.size, faults }
    } finally {
      await checkpoint.close()
    }
  } catch (error) {
    if (!(error instanceof ArccError)) throw error
    const { reason } = error.params
    const isDamage = error.code === 'ARC6702' && typeof reason === 'string'
    return { path, tensors: 0, faults: isDamage ? reason.split('; ') : [error.message] }
  }
}

/** The exponent of infinities and NaNs, where elements are bits. */
const exponents: Partial<Readonly<Record<DType, number>>> = { f16: 0x7c00, bf16: 0x7f80 }

function notFinite(dtype: DType, data: HostArray): number {
  let count = 0
  const exponent = exponents[dtype]
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0
    if (exponent === undefined ? !Number.isFinite(value) : (value & exponent) === exponent) count++
  }
  return count
}
