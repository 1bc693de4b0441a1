/** Collects what is wrong with the structure of a data set, so that all of it is reported at once. */
import { dataErrors } from './messages.ts'

/** More faults of a set are counted, but not listed. */
const SHOWN = 12

export interface Faults {
  /** Notes a fault as a clause that names the file and, where there is one, the fix. */
  add(fault: string): void
  /** Whether there is one. */
  readonly any: boolean
  /** Throws ARC6240 with all faults, if there are any. */
  throwIfAny(): void
}

/** The faults of the set with this name. */
export function createFaults(set: string): Faults {
  const faults: string[] = []
  return {
    add: (fault) => void faults.push(fault),
    get any() {
      return faults.length > 0
    },
    throwIfAny() {
      if (faults.length === 0) return
      const more = faults.length > SHOWN ? [`${faults.length - SHOWN} more faults`] : []
      throw dataErrors('ARC6240', { set, faults: [...faults.slice(0, SHOWN), ...more] })
    },
  }
}

/** Counts the cases of one fault and keeps the first few as examples. */
export interface Cases {
  add(example: () => string): void
  readonly count: number
  /** The examples, with `…` if there are more cases: `3, 7, 8, …`. */
  examples(): string
}

export function createCases(most = 3): Cases {
  const found: string[] = []
  let count = 0
  return {
    add(example) {
      if (count++ < most) found.push(example())
    },
    get count() {
      return count
    },
    examples: () => [...found, ...(count > found.length ? ['…'] : [])].join(', '),
  }
}
