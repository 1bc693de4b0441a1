/** A verification of made scores, for tests of reports. */
import type { VerifiedSet } from '../../runtime/evaluate/report/figures.ts'
import { type Verification, verify } from '../../runtime/evaluate/verification.ts'
import { createStream, rootKey } from '../../runtime/random.ts'

const dim = 8

/** `pairs` pairs of 2 · `pairs` pictures, every second of one person, in groups of unequal difficulty. */
export function madeVerification(pairs: number): { readonly verification: Verification; readonly set: VerifiedSet } {
  const random = createStream(rootKey(5))
  const same = Uint8Array.from({ length: pairs }, (_, p) => p % 2)
  const of = Uint16Array.from(same, (_, p) => p % 3)
  const original = new Float32Array(2 * pairs * dim)
  for (let p = 0; p < pairs; p++) {
    const first = Array.from({ length: dim }, () => random.normal())
    const spread = 0.5 + 0.4 * (of[p] ?? 0)
    const second = first.map((value) => (same[p] === 1 ? value + spread * random.normal() : random.normal()))
    original.set([...first, ...second], 2 * p * dim)
  }
  const verification = verify({
    ...{ original, mirrored: original, dim, same },
    pairs: Int32Array.from({ length: 2 * pairs }, (_, i) => i),
  })
  const groups = [{ title: 'race', values: ['Asian', 'Indian', 'a "b", c'], of }]
  return { verification, set: { same, groups, nameOf: (pair, side) => `p${pair}/${side}.jpg` } }
}
