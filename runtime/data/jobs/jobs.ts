/** The messages between the main thread and the workers that read pictures. */

import type { Params } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../errors.ts'
import type { ImageRecipe } from '../collection.ts'
import type { JpegChoice } from '../jpeg/find.ts'
import type { Fault } from './found.ts'

/** Given to every worker when it starts. */
export interface WorkerSetup {
  readonly recipe: ImageRecipe
  /** u64[images], where `check` stores the hash of each picture's bytes; 0 is a picture that was not checked. */
  readonly hashes?: BigUint64Array<SharedArrayBuffer>
  /** What decodes flawless JPEGs. */
  readonly jpeg: JpegChoice
}

/** Reads and decodes pictures `from` … `to` - 1. */
export interface CheckJob {
  readonly from: number
  readonly to: number
}

export interface CheckResult {
  readonly faults: readonly Fault[]
  /** Encoded bytes of all pictures that could be read. */
  readonly bytes: number
}

/** How pictures are re-encoded. */
export interface Recode {
  /** Height and width of the result in pixels. */
  readonly side: number
  /** Quality of the JPEG, 1 to 100; `undefined`: 95, and JPEG pictures of the right size are kept as they are. */
  readonly quality: number | undefined
}

/** Re-encodes pictures. */
export interface RecodeJob extends Recode {
  readonly numbers: Uint32Array
}

/** The encoded pictures in order, or why one failed. */
export type RecodeResult = readonly (Uint8Array | JobFailure)[]

/** An ArccError on its way to the main thread. */
export interface JobFailure {
  readonly code: string
  readonly params: Params
  readonly text: string
  readonly hint: string | undefined
}

/** Throws what is not a failure of a file or of the data. */
export function asFailure(error: unknown): JobFailure {
  if (!(error instanceof ArccError)) throw error
  return { code: error.code, params: error.params, text: error.message, hint: error.hint }
}

export function asError({ code, params, text, hint }: JobFailure): ArccError {
  return new ArccError(code, params, { text, hint })
}
