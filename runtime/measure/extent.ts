/**
 * How much of a computer is measured: `whole` for `arcc doctor --write-machine`, in a minute or more; `quick` before a first plan, in a
 * few seconds. What `quick` leaves out, plans take from the nearest measurement.
 */
import type { PictureRounds } from './measure-images.ts'
import { convShapes, productShapes, streamBytes, streamShapes } from './probes.ts'
import { manyRounds, type Rounds } from './time-graphs.ts'

type Sizes<S extends readonly unknown[]> = readonly S[number][]

interface Measurements {
  readonly streams: Sizes<typeof streamShapes>
  /** Bytes of the tensors that a stream goes over. */
  readonly streamBytes: number
  /** Bytes of the tensor that is written to new memory in every run. */
  readonly freshBytes: number
  readonly products: Sizes<typeof productShapes>
  readonly convolutions: Sizes<typeof convShapes>
  /** Whether the two gradients of a convolution are also measured together. */
  readonly together: boolean
  readonly rounds: Rounds
  readonly pictures: PictureRounds
}

export const extents = {
  whole: {
    streams: streamShapes,
    streamBytes,
    freshBytes: 2 ** 27,
    products: productShapes,
    convolutions: convShapes,
    together: true,
    rounds: manyRounds,
    pictures: { seconds: 0.6, rows: 128 },
  },
  quick: {
    streams: [
      [16, 28, 28, 128],
      [8, 112, 112, 64],
    ],
    streamBytes: 2 ** 25,
    freshBytes: 2 ** 26,
    products: [
      [16, 25088, 512],
      [64, 512, 2048],
      [256, 2048, 2048],
    ],
    convolutions: [
      [112, 3, 64, 3, 1, 1],
      [112, 64, 64, 3, 1, 1],
      [56, 64, 64, 3, 1, 1],
      [56, 128, 128, 3, 2, 1],
      [28, 32, 32, 3, 1, 1],
      [14, 256, 256, 3, 1, 1],
      [56, 128, 128, 1, 1, 1],
      [14, 256, 256, 3, 1, 256],
    ],
    together: false,
    rounds: { rounds: 1, runs: 2, seconds: 0.015, compiling: 2 },
    pictures: { seconds: 0.15, rows: 32 },
  },
} as const satisfies Record<string, Measurements>

export type Extent = keyof typeof extents
