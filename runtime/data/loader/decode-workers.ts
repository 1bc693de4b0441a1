/** What makes pictures for loaders: threads (`decode-threads.ts`), or the process itself (`decode-here.ts`). Loaders share them. */
import type { Key } from '../../random.ts'
import type { EpochSpec } from '../epoch-order.ts'
import type { Chunk, MadeChunk, MakerSpec } from './picture-maker.ts'

/** A chunk whose rows lie in memory that all threads share. */
export interface SharedChunk extends Chunk {
  readonly out: Uint8Array<SharedArrayBuffer>
}

export interface DecodeWorkers {
  /** Number of threads; 0 if the process itself makes the pictures. */
  readonly count: number
  /**
   * Opens a recipe; returns its number. Errors of opening may come with the first chunk only, since each thread opens the files for
   * itself.
   */
  open(spec: MakerSpec): Promise<number>
  close(maker: number): void
  /**
   * Makes a chunk; chunks are begun in the order of the calls. Throws ARC6260 if its thread dies, the error of opening, and an
   * `AbortError` after `dispose`; errors of pictures are in the result.
   */
  make(maker: number, chunk: SharedChunk): Promise<MadeChunk>
  /** `epochOrder(key, epoch)`, which takes seconds for tens of millions of images. */
  epochOrder(key: Key, epoch: EpochSpec): Promise<Uint32Array>
  /** Ends all threads, also in the middle of a chunk. */
  dispose(): Promise<void>
}

/** The end of everything that waits for a loader when it is disposed. */
export function disposed(): DOMException {
  return new DOMException('the loader was disposed', 'AbortError')
}
