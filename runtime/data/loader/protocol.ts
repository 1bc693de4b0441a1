/** The messages between the process and the threads that make pictures. */
import type { Key } from '../../random.ts'
import type { EpochSpec } from '../epoch-order.ts'
import type { JpegChoice } from '../jpeg/find.ts'
import type { MadeChunk, MakerSpec, PictureKey, PlainError } from './picture-maker.ts'

/** What a thread is started with. */
export interface WorkerSettings {
  /** What decodes JPEG. */
  readonly jpeg: JpegChoice
  /**
   * i32[2]: the maker and the image that the thread is working on, -1 for none. When a thread dies, they are all that is known.
   */
  readonly place: Int32Array<SharedArrayBuffer>
  /** i32[1], shared by all threads: 1 as soon as they have to end. */
  readonly ending: Int32Array<SharedArrayBuffer>
}

/** One message for many pictures. */
export type WorkerRequest =
  | { readonly kind: 'open'; readonly maker: number; readonly spec: MakerSpec }
  | { readonly kind: 'close'; readonly maker: number }
  | {
      readonly kind: 'make'
      readonly job: number
      readonly maker: number
      readonly numbers: Uint32Array
      readonly out: Uint8Array<SharedArrayBuffer>
      readonly key: PictureKey
    }
  | {
      readonly kind: 'order'
      readonly job: number
      readonly key: Key
      readonly epoch: EpochSpec
      readonly out: Uint32Array<SharedArrayBuffer>
    }
  | { readonly kind: 'end' }

export type WorkerReply =
  | { readonly kind: 'made'; readonly job: number; readonly chunk: MadeChunk }
  | { readonly kind: 'ordered'; readonly job: number }
  /** A recipe could not be opened: the answer to every chunk of its maker. */
  | { readonly kind: 'failed'; readonly job: number; readonly error: PlainError }
