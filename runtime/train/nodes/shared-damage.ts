/** One limit of damaged pictures for all nodes: each tells rank 0 which ones it has met. */
import type { DamageLimit } from '../../data/loader/damage-limit.ts'
import type { SkippedPicture } from '../../data/loader/picture-maker.ts'

export interface SharedDamage {
  /** The limit that also counts those of the other nodes, on rank 0; on the others, what they meet is told. */
  limitOf(own: DamageLimit): DamageLimit
  /** Takes those of another node. They count with the next batch. */
  take(pictures: readonly SkippedPicture[]): void
}

export function sharedDamage(tell: (pictures: readonly SkippedPicture[]) => void): SharedDamage {
  const others: SkippedPicture[] = []
  return {
    limitOf: (own) => ({
      get count() {
        return own.count
      },
      admit(skipped) {
        const added = own.admit(skipped)
        if (added.length > 0) tell(added)
        return [...added, ...own.admit(others.splice(0))]
      },
    }),
    take: (pictures) => void others.push(...pictures),
  }
}
