/** The structural faults of a verification set, gathered so that one error names them all. */
import { dataErrors } from '../messages.ts'

/** Faults of one kind that are named one by one; of more, their number is given. */
const NAMED = 3

const FLAGS = 'such flags'

/** Folds of the test, each of which needs a pair. */
const FEWEST_PAIRS = 10

export interface PairFaults {
  /** A fault of the set as a whole. */
  add(fault: string): void
  /** One of possibly thousands of faults of a kind, such as flags; `kind` is for their number: `flags of this kind`. */
  addOne(kind: string, fault: string): void
  /** A flag that is neither true nor false. */
  addFlag(fault: string): void
  /** What every set needs: one pair in each fold and, if all flags are known, both kinds of pairs. */
  checkPairs(same: Uint8Array): void
  /** Throws ARC6234 if there are faults. */
  throwAny(): void
}

export function createPairFaults(file: string): PairFaults {
  const groups = new Map<string, { readonly named: string[]; more: number }>()
  let single = 0
  const addOne = (kind: string, fault: string) => {
    const group = groups.get(kind) ?? { named: [], more: 0 }
    groups.set(kind, group)
    if (group.named.length < NAMED) group.named.push(fault)
    else group.more++
  }
  const add = (fault: string) => addOne(`${single++}`, fault)
  return {
    add,
    addOne,
    addFlag: (fault) => addOne(FLAGS, fault),
    checkPairs(same) {
      if (same.length < FEWEST_PAIRS) add(`it has ${same.length} pairs: ten folds need ten pairs`)
      if (same.length === 0 || groups.has(FLAGS)) return
      const count = same.reduce((sum, flag) => sum + flag, 0)
      if (count === 0) add('no pair shows one person')
      if (count === same.length) add('no pair shows two different people')
    },
    throwAny() {
      if (groups.size === 0) return
      const faults = [...groups].flatMap(([kind, { named, more }]) =>
        more === 0 ? named : [...named, `${more} more ${kind}`],
      )
      throw dataErrors('ARC6234', { file, faults })
    },
  }
}
