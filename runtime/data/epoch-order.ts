/** The images of an epoch in their order, keyed by (seed, epoch) alone. Legend: N images. */
import { type Key, permutation } from '../random.ts'
import { mixedOrder, type WeightedMix } from './mixed-order.ts'

export interface EpochSpec {
  /** N. */
  readonly images: number
  /** How often the images of a mix come; missing if each comes once. */
  readonly mix?: WeightedMix | undefined
}

/** u32[N]; `key` is that of the order of the epoch. With tens of millions of images it takes seconds. */
export function epochOrder(key: Key, { images, mix }: EpochSpec): Uint32Array {
  return mix === undefined ? permutation(key, images) : mixedOrder(key, mix)
}
