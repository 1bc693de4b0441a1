/** What an embedding is asked for, how far it is, and what it ends with. */
import type { Embedder } from '../evaluate/embed-pairs.ts'
import type { Together } from '../evaluate/together.ts'
import type { EmbeddingFormat } from './array-file.ts'
import type { FinishedFiles } from './finish-work.ts'
import type { PictureSource } from './picture-source.ts'
import type { Overwriting } from './work-folder.ts'

/** What is done to an embedding before it is written. */
export interface EmbeddingOptions {
  /** Adds the embedding of the mirror image; the graph has both then. */
  readonly flip: boolean
  /** Divides it by its length. */
  readonly normalize: boolean
  readonly f16: boolean
}

export interface EmbedRequest extends EmbeddingOptions, Overwriting {
  readonly embedder: Embedder
  /** The network, for the record and the metadata. */
  readonly network: { readonly backbone: string; readonly weights: string; readonly precision: string }
  readonly source: PictureSource
  readonly file: string
  readonly format: EmbeddingFormat
  /** Whether pictures that cannot be read are left out. */
  readonly skipDamaged: boolean
  readonly onProgress: (progress: EmbedProgress) => void
  /** Stops; what is done is kept. */
  readonly signal: AbortSignal
  /** Milliseconds of work that a killed process loses at most. */
  readonly keepEvery?: number
  /** Embeds with the devices of all nodes; missing: with those of this process. Rank 0 has the file, the progress and the signal. */
  readonly together?: Together
}

export interface EmbedProgress {
  /** What an earlier command did is verified, pictures are embedded, and the files are made of that. */
  readonly stage: 'verifying' | 'pictures' | 'writing'
  /** Pictures. */
  readonly done: number
  readonly total: number
  /** Those that an earlier command did. */
  readonly kept: number
  /** Those that cannot be read. */
  readonly faults: number
}

export interface Interrupted {
  readonly interrupted: true
  /** Pictures that are done. */
  readonly done: number
  readonly total: number
}

export type Embedded = Interrupted | (FinishedFiles & { readonly interrupted: false; readonly width: number })
