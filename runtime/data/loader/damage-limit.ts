/** How many pictures of a set may be damaged: the count behind `dataset.damaged = skip(at_most: …)`. */

import { dataErrors } from '../messages.ts'
import type { SkippedPicture } from './picture-maker.ts'

export interface DamageLimit {
  /** Distinct damaged pictures so far. */
  readonly count: number
  /** Counts damaged pictures, and returns those that are new. Throws ARC6261 at the first above the limit. */
  admit(skipped: readonly SkippedPicture[]): SkippedPicture[]
}

/** The number of damaged pictures that a set of `images` may have: a part of it, rounded up, so that one is allowed in a small set. */
export function mostDamaged(atMost: number, images: number): number {
  return Math.ceil(atMost * images)
}

/**
 * Counts damaged pictures against a part of the whole set, so that the same pictures end a run at the same step however many threads
 * read them, and wherever it was resumed. Each picture counts once, in whatever epochs it is drawn.
 */
export function createDamageLimit(atMost: number, images: number): DamageLimit {
  const most = mostDamaged(atMost, images)
  const known = new Set<number>()
  return {
    get count() {
      return known.size
    },
    admit(skipped) {
      const added: SkippedPicture[] = []
      for (const picture of skipped) {
        if (known.has(picture.image)) continue
        known.add(picture.image)
        const { file, reason } = picture
        if (known.size > most) throw dataErrors('ARC6261', { file, reason, damaged: known.size, most, images })
        added.push(picture)
      }
      return added
    },
  }
}
