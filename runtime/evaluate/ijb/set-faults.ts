/** Collects the faults of a set's files, so that one error names them all, by file and line. */
import { ArccError } from '../../errors.ts'

/** Faults of one kind in one file that are named one by one; of more, their number is given. */
const NAMED = 3

export interface SetFaults {
  /** A fault of a file as a whole. */
  add(fault: string): void
  /** A fault of a line of a file; `kind` is for the number of further ones: `missing pictures`. */
  addLine(file: string, line: number, kind: string, fault: string): void
  /** Runs a reader; an unreadable file becomes a fault. */
  reading(work: () => Promise<void>): Promise<void>
  readonly none: boolean
  /** Faults so far. */
  readonly count: number
  all(): readonly string[]
}

export function createSetFaults(): SetFaults {
  const whole: string[] = []
  const groups = new Map<string, { readonly named: string[]; readonly rest: string; more: number }>()
  let count = 0
  const add = (fault: string) => {
    count++
    whole.push(fault)
  }
  return {
    add,
    addLine(file, line, kind, fault) {
      count++
      const key = `${file} ${kind}`
      const group = groups.get(key) ?? { named: [], rest: `${kind} in ${file}`, more: 0 }
      groups.set(key, group)
      if (group.named.length < NAMED) group.named.push(`${file} line ${line}: ${fault}`)
      else group.more++
    },
    async reading(work) {
      try {
        await work()
      } catch (error) {
        if (!(error instanceof ArccError)) throw error
        add(error.message)
      }
    },
    get none() {
      return count === 0
    },
    get count() {
      return count
    },
    all() {
      const lines = [...groups.values()].flatMap(({ named, rest, more }) =>
        more === 0 ? named : [...named, `${more} more ${rest}`],
      )
      return [...whole, ...lines]
    },
  }
}
