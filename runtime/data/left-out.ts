/** What a collection leaves out, on one line. */
import type { Collection } from './collection.ts'

/** `p004, 6 files that are not pictures`; empty if nothing is left out. */
export function leftOutText({ leftOut }: Pick<Collection, 'leftOut'>): string {
  return leftOut.map(({ what }) => what).join(', ')
}
